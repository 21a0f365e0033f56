import { FaasError } from '../protocol/errors.ts';

/** How `faasbatch` ends, whatever the command. */
export const EXIT = {
  ok: 0,
  failure: 1,
  /** The command line or the configuration is wrong; nothing was begun. */
  usage: 2,
  /** A run ended, but broke a rule that its figures rest on. */
  guardRail: 3,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export function exitCodeOf(error: Error): ExitCode {
  if (!(error instanceof FaasError)) return EXIT.failure;
  switch (error.code) {
    case 'usage':
    case 'invalid_config':
    case 'invalid_query':
      return EXIT.usage;
    case 'guard_rail':
      return EXIT.guardRail;
    default:
      return EXIT.failure;
  }
}
