import { format } from 'node:util';
import type { LogLine } from '../../protocol/invocation.ts';
import type { Call } from './call.ts';
import type { ResourceFactory } from './resources.ts';

/** The version of a function, taken from its key `namespace/name@digest`. */
export interface FunctionIdentity {
  readonly functionName: string;
  readonly functionVersion: string;
}

export function functionIdentity(functionKey: string): FunctionIdentity {
  const at = functionKey.lastIndexOf('@');
  const key = at < 0 ? functionKey : functionKey.slice(0, at);
  return {
    functionName: key.slice(key.indexOf('/') + 1),
    functionVersion: at < 0 ? '' : functionKey.slice(at + 1),
  };
}

export type HandlerLogger = Readonly<Record<LogLine['level'], (...values: unknown[]) => void>>;

/** A handler's second argument. */
export class HandlerContext implements FunctionIdentity {
  readonly functionName: string;
  readonly functionVersion: string;
  /** When the call will be ended as `timeout`, to compare with `Date.now()`. */
  readonly deadline: number;
  readonly resources: {
    /** The instance of this key, created if need be; see resources.ts for what is shared and how long. */
    readonly get: <T>(key: string, factory: ResourceFactory<T>) => Promise<T>;
  };
  readonly #call: Call;
  #log: HandlerLogger | undefined;

  constructor(call: Call, identity: FunctionIdentity, deadline: number) {
    this.functionName = identity.functionName;
    this.functionVersion = identity.functionVersion;
    this.deadline = deadline;
    this.resources = { get: (key, factory) => call.resources.get(key, factory) };
    this.#call = call;
  }

  /** The invocation's id. */
  get id(): string {
    return this.#call.claim.entry.id;
  }

  /** Aborted at the deadline. */
  get signal(): AbortSignal {
    return this.#call.signal;
  }

  /** Writes into the invocation's own log, as the console does; values as `util.format` takes them. */
  get log(): HandlerLogger {
    this.#log ??= loggerOf(this.#call);
    return this.#log;
  }
}

function loggerOf(call: Call): HandlerLogger {
  const write =
    (level: LogLine['level']) =>
    (...values: unknown[]): void => {
      if (!call.isOver) call.logs.add(level, format(...values));
    };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}
