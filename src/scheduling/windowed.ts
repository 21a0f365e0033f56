import { FunctionContainers } from './containers.ts';
import { type StartSeeker, StartSeekers } from './starts.ts';
import type {
  Command,
  SchedulingEvent,
  SchedulingView,
  Strategy,
  StrategyOptions,
  StrategyParameter,
  WaitBound,
} from './strategy.ts';
import { FunctionWindows, type WindowClock, windowClock } from './windows.ts';

export const WINDOW_PARAMETER: StrategyParameter = {
  default: 'tick',
  oneOf: ['tick', 'arrival'],
  meaning: 'a free-running tick, or one interval from the first waiting invocation on',
};

/** One function's windows and containers; a strategy adds how many starts it wants for them. */
export abstract class WindowedFunction implements StartSeeker {
  readonly windows = new FunctionWindows();
  readonly containers = new FunctionContainers();
  readonly key: string;

  constructor(key: string) {
    this.key = key;
  }

  /** What the first window's invocations have waited in sum, shared among the containers that the function has. */
  startIsWorthMs(now: number): number {
    const waitedMs = this.windows.closed[0]?.invocations.waitedMs(now) ?? 0;
    return waitedMs / (1 + this.containers.count);
  }

  abstract get startsWanted(): number;

  note(event: SchedulingEvent): void {
    if (event.type === 'cancelled') this.windows.remove(event.invocation);
    else this.containers.note(event);
  }
}

/** What strategies that gather invocations for a dispatch interval have in common. */
export abstract class WindowedStrategy<T extends WindowedFunction> implements Strategy {
  abstract readonly name: string;
  abstract readonly waitBound: WaitBound;
  readonly #clock: WindowClock;
  readonly #functions = new Map<string, T>();
  protected readonly seekers = new StartSeekers<T>();

  constructor(options: StrategyOptions) {
    this.#clock = windowClock(options);
  }

  handle(event: SchedulingEvent, view: SchedulingView): Command[] {
    const commands: Command[] = [];
    if (event.type === 'wake') {
      for (const state of this.#functions.values()) {
        if (state.windows.close(view.now, () => view.capacity.limits(state.key))) this.#serve(state, view, commands);
      }
    } else {
      const state = this.#function('invocation' in event ? event.invocation.functionKey : event.functionKey);
      if (event.type === 'arrival') {
        const closesAt = state.windows.gather(event.invocation, view.now, this.#clock);
        if (closesAt !== undefined) commands.push({ type: 'wake', at: closesAt });
      } else {
        state.note(event);
        this.#serve(state, view, commands);
        // Versions of functions come and go; this one may never be heard of again.
        if (state.windows.isEmpty && state.containers.count === 0) this.#functions.delete(state.key);
      }
    }
    this.seekers.begin(view, commands);
    return commands;
  }

  protected abstract createFunction(key: string): T;

  /** Dispatches what containers are there for. */
  protected abstract serve(state: T, view: SchedulingView, commands: Command[]): void;

  #serve(state: T, view: SchedulingView, commands: Command[]): void {
    this.serve(state, view, commands);
    this.seekers.note(state);
  }

  #function(key: string): T {
    let state = this.#functions.get(key);
    if (state === undefined) {
      state = this.createFunction(key);
      this.#functions.set(key, state);
    }
    return state;
  }
}
