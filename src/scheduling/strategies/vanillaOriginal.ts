import type { Command, SchedulingEvent, SchedulingView, StrategyDescription, StrategyOptions } from '../strategy.ts';
import { WINDOW_PARAMETER, WindowedFunction, WindowedStrategy } from '../windowed.ts';
import type { Window } from '../windows.ts';

class OriginalFunction extends WindowedFunction {
  /** Containers set aside for closed windows that still lack some of theirs. */
  readonly held: string[] = [];
  /** Starts that were settled on when a window closed: under way, or waiting for the one before. */
  decidedStarts = 0;

  /** Containers that the closed windows want: one per invocation. */
  get wanted(): number {
    return this.windows.closed.reduce((sum, window) => sum + window.invocations.length, 0);
  }

  /** Each window starts its containers one after another; windows do not wait for each other. */
  override get startsWanted(): number {
    return Math.min(this.decidedStarts, this.windows.closed.length) - this.containers.starting.size;
  }

  override note(event: SchedulingEvent): void {
    super.note(event);
    if (event.type === 'containerReady' || event.type === 'startFailed') this.decidedStarts -= 1;
    if (event.type !== 'containerGone') return;
    const at = this.held.indexOf(event.containerId);
    if (at >= 0) this.held.splice(at, 1);
  }

  /** Covers what the windows want: with idle containers while there are any, else by deciding on a start. */
  cover(): void {
    const { containers, held, wanted } = this;
    while (held.length + this.decidedStarts < wanted) {
      const containerId = containers.takeIdle();
      if (containerId === undefined) this.decidedStarts += 1;
      else held.push(containerId);
    }
    this.decidedStarts = Math.max(containers.starting.size, Math.min(this.decidedStarts, wanted - held.length));
  }
}

/**
 * Vanilla as the FaaSBatch artefact has it (`BaseBatching`; the paper's Vanilla): on each tick one container per
 * invocation gathered, idle ones first, the rest started one after another, and the whole window dispatched when the
 * last of them is there. Where a limit allows no further start, the window's invocations share what it has, serially.
 *
 * Windows of a function leave in the order in which they closed: a container that is there goes to the first.
 */
class VanillaOriginal extends WindowedStrategy<OriginalFunction> {
  readonly name = 'vanilla-original';
  readonly waitBound;

  constructor(options: StrategyOptions) {
    super(options);
    this.waitBound = { ms: options.dispatchIntervalMs, starts: 'serial' } as const;
  }

  override handle(event: SchedulingEvent, view: SchedulingView): Command[] {
    const commands = super.handle(event, view);
    if (!commands.some(({ type }) => type === 'start')) this.#settle(view, commands);
    return commands;
  }

  protected override createFunction(key: string): OriginalFunction {
    return new OriginalFunction(key);
  }

  protected override serve(state: OriginalFunction, _view: SchedulingView, commands: Command[]): void {
    state.cover();
    for (let [window] = state.windows.closed; window !== undefined; [window] = state.windows.closed) {
      if (state.held.length < window.invocations.length) return;
      dispatchFirst(state, window, state.held.splice(0, window.invocations.length), commands);
    }
    for (const containerId of state.held.splice(0)) state.containers.putBack(containerId);
  }

  /** A window that a limit keeps from starting more makes do with what it has, lest windows wait for each other. */
  #settle({ capacity }: SchedulingView, commands: Command[]): void {
    if (capacity.startsInFlight >= capacity.maxStartsInFlight) return;
    for (const state of this.seekers.unserved()) {
      const [window] = state.windows.closed;
      if (window === undefined || state.held.length === 0 || state.containers.starting.size > 0) continue;
      dispatchFirst(state, window, state.held.splice(0), commands);
      state.cover();
      this.seekers.note(state);
    }
  }
}

/** Dispatches the first window over these containers, round-robin in order of arrival. */
function dispatchFirst(state: OriginalFunction, window: Window, onto: readonly string[], commands: Command[]): void {
  state.windows.closed.shift();
  const all = window.invocations.takeAll();
  for (const [turn, containerId] of onto.entries()) {
    const invocations = all.filter((_, index) => index % onto.length === turn);
    state.containers.dispatched(containerId, invocations.length);
    commands.push({ type: 'dispatch', containerId, invocations, batchedAt: window.closedAt });
  }
}

export const vanillaOriginal: StrategyDescription = {
  name: 'vanilla-original',
  summary: 'on each tick one container per invocation, started one after another, as the original measured it',
  usesDispatchInterval: true,
  parallelism: 'serial',
  multiplexing: 'off',
  parameters: { window: WINDOW_PARAMETER },
  create: (options) => new VanillaOriginal(options),
};
