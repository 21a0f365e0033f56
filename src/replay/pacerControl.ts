/** Words of the Int32Array that the pacer's thread and its owner share. */
export const PACER_WORDS = { stop: 0, due: 1, rung: 2 } as const;

export interface PacerData {
  /** Milliseconds after the epoch, ascending; a Float64Array over shared memory. */
  readonly offsetsMs: Float64Array;
  /** `stop`: 1 ends the thread; `due`: how many calls are due; `rung`: 1 while a message about it is under way. */
  readonly control: Int32Array;
}
