import type { Command, FunctionLimits, SchedulingView, StrategyDescription, StrategyOptions } from '../strategy.ts';
import { WINDOW_PARAMETER, WindowedFunction, WindowedStrategy } from '../windowed.ts';
import type { Window } from '../windows.ts';

class BatchedFunction extends WindowedFunction {
  readonly join: boolean;

  constructor(key: string, join: boolean) {
    super(key);
    this.join = join;
  }

  /** One container per closed window; with `join`, one for all the windows that close while it starts. */
  override get startsWanted(): number {
    const { length } = this.windows.closed;
    return (this.join ? Math.min(length, 1) : length) - this.containers.starting.size;
  }
}

/**
 * FaaSBatch (Wu et al., ICDCS'23 and IEEE TC 73(4)): all invocations of a function that arrive within one dispatch
 * interval go together to one container, an idle one or else a new one.
 *
 * Windows leave in the order in which they closed. So where a later window finds an idle container while an earlier
 * one still waits for its start, the earlier one takes it and leaves its start to the later: as many containers and
 * the same waits in sum, and no invocation overtakes another of its function.
 */
class FaasBatch extends WindowedStrategy<BatchedFunction> {
  readonly name = 'faasbatch';
  readonly waitBound;
  readonly #join: boolean;

  constructor(options: StrategyOptions) {
    super(options);
    this.#join = options.parameters['whileStarting'] === 'join';
    this.waitBound = { ms: options.dispatchIntervalMs, starts: 'one' } as const;
  }

  protected override createFunction(key: string): BatchedFunction {
    return new BatchedFunction(key, this.#join);
  }

  /** Idle containers go to the first windows, as many as have no start under way. */
  protected override serve(state: BatchedFunction, { capacity }: SchedulingView, commands: Command[]): void {
    const { windows, containers } = state;
    while (windows.closed.length > (this.#join ? 0 : containers.starting.size)) {
      const containerId = containers.takeIdle();
      if (containerId === undefined) return;
      const together = this.#join ? joinable(windows.closed, capacity.limits(state.key)) : 1;
      const joined = windows.closed.splice(0, together);
      const invocations = joined.flatMap((window) => window.invocations.takeAll());
      containers.dispatched(containerId, invocations.length);
      commands.push({ type: 'dispatch', containerId, invocations, batchedAt: joined.at(-1)?.closedAt ?? 0 });
    }
  }
}

/** How many of the first windows fit into one batch: at least one does. */
function joinable(windows: readonly Window[], { maxBatchSize, maxBatchBytes }: FunctionLimits): number {
  let size = 0;
  let bytes = 0;
  const over = windows.findIndex(({ invocations }) => {
    size += invocations.length;
    bytes += invocations.bytes;
    return size > maxBatchSize || bytes > maxBatchBytes;
  });
  return over < 0 ? windows.length : Math.max(1, over);
}

export const faasbatch: StrategyDescription = {
  name: 'faasbatch',
  summary: 'what arrives within one dispatch interval goes together to one container',
  usesDispatchInterval: true,
  parallelism: 'parallel',
  multiplexing: 'on',
  parameters: {
    window: WINDOW_PARAMETER,
    whileStarting: {
      default: 'new',
      oneOf: ['new', 'join'],
      meaning: 'what a window does while a container of its function starts: start another, or join it',
    },
  },
  create: (options) => new FaasBatch(options),
};
