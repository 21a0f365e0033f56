/** One thing that `faasbatch doctor` looked for. */
export interface Finding {
  readonly name: string;
  /**
   * - `ok`: it is there.
   * - `absent`: it is not, and need not be; `meaning` says what it would add.
   * - `warning`: it works, within limits that `meaning` names.
   * - `problem`: something that was asked for, or that is needed, does not work.
   */
  readonly status: 'ok' | 'absent' | 'warning' | 'problem';
  /** What was found. */
  readonly found: string;
  /** What that means for the user, where it is not plain. */
  readonly meaning?: string;
}

/** How long a server is waited for before it counts as not there. */
export const PROBE_TIMEOUT_MS = 2_000;
