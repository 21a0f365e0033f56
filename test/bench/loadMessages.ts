import type { Call } from './call.ts';

/** What the load process is told, one at a time, over IPC. */
export type LoadOrder =
  /** As many calls as `connections` connections make in a while, each one after another. */
  | { readonly type: 'rate'; readonly call: Call; readonly connections: number; readonly durationMs: number }
  /** One call for each entry, on one connection, each after a pause of so many milliseconds. */
  | { readonly type: 'latency'; readonly call: Call; readonly pausesMs: readonly number[] };

export interface Rate {
  readonly calls: number;
  readonly elapsedMs: number;
}

export type LoadAnswer =
  | ({ readonly type: 'rate' } & Rate)
  | { readonly type: 'latency'; readonly latenciesMs: readonly number[] }
  | { readonly type: 'failed'; readonly message: string };
