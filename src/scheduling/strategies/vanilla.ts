import { FunctionContainers } from '../containers.ts';
import { type StartSeeker, StartSeekers } from '../starts.ts';
import type { Command, SchedulingEvent, SchedulingView, Strategy, StrategyDescription } from '../strategy.ts';
import { WaitingList } from '../waiting.ts';

class VanillaFunction implements StartSeeker {
  readonly waiting = new WaitingList();
  readonly containers = new FunctionContainers();
  readonly key: string;

  constructor(key: string) {
    this.key = key;
  }

  /** A start serves one invocation: the one that has waited longest comes first. */
  startIsWorthMs(now: number): number {
    const { oldest } = this.waiting;
    return oldest === undefined ? 0 : now - oldest.acceptedAt;
  }

  /** One start per waiting invocation; a start not begun when nobody waits for it any more is never begun. */
  get startsWanted(): number {
    return this.waiting.length - this.containers.starting.size;
  }
}

/**
 * One container per concurrent invocation, as a production platform does it: an invocation goes at once to the idle
 * container used last; where there is none, a start is wanted for it. Binding is late: whichever container is free
 * first takes the invocation that has waited longest.
 */
class Vanilla implements Strategy {
  readonly name = 'vanilla';
  readonly waitBound = { ms: 0, starts: 'one' } as const;
  readonly #functions = new Map<string, VanillaFunction>();
  readonly #seekers = new StartSeekers<VanillaFunction>();

  handle(event: SchedulingEvent, view: SchedulingView): Command[] {
    const commands: Command[] = [];
    if (event.type !== 'wake') {
      const state = this.#function('invocation' in event ? event.invocation.functionKey : event.functionKey);
      note(state, event);
      serve(state, commands);
      this.#seekers.note(state);
      // Versions of functions come and go; this one may never be heard of again.
      if (state.waiting.length === 0 && state.containers.count === 0) this.#functions.delete(state.key);
    }
    this.#seekers.begin(view, commands);
    return commands;
  }

  #function(key: string): VanillaFunction {
    let state = this.#functions.get(key);
    if (state === undefined) {
      state = new VanillaFunction(key);
      this.#functions.set(key, state);
    }
    return state;
  }
}

function note({ containers, waiting }: VanillaFunction, event: SchedulingEvent): void {
  if (event.type === 'arrival') waiting.push(event.invocation);
  else if (event.type === 'cancelled') waiting.remove(event.invocation);
  else containers.note(event);
}

function serve({ waiting, containers }: VanillaFunction, commands: Command[]): void {
  while (waiting.length > 0) {
    const containerId = containers.takeIdle();
    if (containerId === undefined) return;
    containers.dispatched(containerId, 1);
    commands.push({ type: 'dispatch', containerId, invocations: waiting.take(1) });
  }
}

export const vanilla: StrategyDescription = {
  name: 'vanilla',
  summary: 'one container per concurrent invocation, dispatched at once, bound late',
  usesDispatchInterval: false,
  parallelism: 'serial',
  multiplexing: 'off',
  parameters: {},
  create: () => new Vanilla(),
};
