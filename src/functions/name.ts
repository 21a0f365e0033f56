import { FaasError } from '../protocol/errors.ts';

export const DEFAULT_NAMESPACE = 'default';

/** Of a function's name and of a namespace alike. */
export const NAME_PATTERN = '^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$';
export const NAME_RULE = 'a name of lower-case letters, digits and inner hyphens, at most 63 characters';

const NAME = new RegExp(NAME_PATTERN);

/** What people call a function by: `name` (of the default namespace) or `namespace/name`. */
export interface FunctionName {
  readonly namespace: string;
  readonly name: string;
}

/** @throws FaasError `bad_request` if the text is no function's name. */
export function parseFunctionName(text: string): FunctionName {
  const slash = text.indexOf('/');
  const namespace = slash === -1 ? DEFAULT_NAMESPACE : text.slice(0, slash);
  const name = text.slice(slash + 1);
  if (!NAME.test(namespace)) throw badName('namespace', namespace);
  if (!NAME.test(name)) throw badName('name', name);
  return { namespace, name };
}

/** The shortest text that parses to this name. */
export function formatFunctionName({ namespace, name }: FunctionName): string {
  return namespace === DEFAULT_NAMESPACE ? name : `${namespace}/${name}`;
}

function badName(field: string, value: string): FaasError {
  return new FaasError('bad_request', `${field}: ${JSON.stringify(value)} must be ${NAME_RULE}`, { field });
}
