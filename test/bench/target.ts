import type { Call } from './call.ts';

/** Something that answers calls, in processes of its own. */
export interface Target {
  readonly name: string;
  /** The root of its processes. */
  readonly pid: number;
  /** What is posted to it. @param round for those that answer each round's call elsewhere */
  call(round: number): Call;
}
