import { ConfigProblems } from './problems.ts';
import type { Field } from './role.ts';
import type { Written } from './source.ts';

const PREFIX = 'FAASBATCH_';

/** Names the configuration file; a flag's equal, no field. */
export const CONFIG_FILE_VARIABLE = `${PREFIX}CONFIG`;

/**
 * What the environment says, by field path. An empty variable counts as unset.
 * @throws FaasError `invalid_config` for a variable with our prefix that nobody reads: a misspelt one must not pass
 */
export function readEnvironment(environment: NodeJS.ProcessEnv, fields: readonly Field[]): Map<string, Written> {
  const problems = new ConfigProblems();
  const found = new Map<string, Written>();
  const byVariable = new Map(fields.map((field) => [field.environment, field]));
  for (const [variable, value] of Object.entries(environment)) {
    if (value === undefined || value === '') continue;
    const source = { kind: 'environment', variable } as const;
    const field = byVariable.get(variable);
    if (field !== undefined) found.set(field.path, { value, source });
    else if (variable.startsWith(PREFIX) && variable !== CONFIG_FILE_VARIABLE) {
      problems.addUnknown(variable, [...byVariable.keys(), CONFIG_FILE_VARIABLE], source);
    }
  }
  problems.throwIfAny();
  return found;
}
