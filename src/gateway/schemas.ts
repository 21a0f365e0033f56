import Type from 'typebox';
import { ManifestSchema } from '../functions/manifest.ts';
import { ERRORS, type ErrorCode } from '../protocol/errors.ts';

const ErrorSchema = Type.Object({
  error: Type.Object(
    {
      code: Type.String({ description: 'what programs match on' }),
      message: Type.String({ description: 'names the field, the value and the rule' }),
      invocationId: Type.Optional(Type.String()),
      limit: Type.Optional(Type.String({ description: 'the limit that was in the way' })),
    },
    { additionalProperties: true },
  ),
});

/**
 * A route's answers, for the documentation. They are written as they are, neither checked nor filtered, so their types
 * are kept from the handlers.
 */
export function answers(byStatus: Record<number, unknown>): unknown {
  return byStatus;
}

/** The answers that these codes may end in, by HTTP status, each with the codes it stands for. */
export function errorAnswers(...codes: ErrorCode[]) {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) {
    const { status } = ERRORS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const answers = [...byStatus].map(([status, same]) => {
    const description = same.map((code) => `\`${code}\`: ${ERRORS[code].when}`).join('; ');
    return [status, { ...ErrorSchema, description }] as const;
  });
  return Object.fromEntries(answers);
}

/** What every route behind the keys may answer. */
export const ACCESS_CODES = ['unauthorized', 'forbidden_origin', 'internal'] as const satisfies ErrorCode[];

/** What a call may be answered beside its result. */
export const CALL_CODES = [
  ...ACCESS_CODES,
  'bad_request',
  'function_not_found',
  'conflict',
  'payload_too_large',
  'unsupported_media_type',
  'queue_full',
  'function_queue_full',
  'draining',
  'handler_error',
  'unhandled_rejection',
  'process_exit',
  'result_not_serialisable',
  'result_too_large',
  'event_not_decodable',
  'container_crashed',
  'timeout',
  'queue_timeout',
  'container_lost',
  'thread_lost',
  'start_failed',
  'init_failed',
  'shutdown',
] as const satisfies ErrorCode[];

export const FunctionParams = Type.Object({
  name: Type.String({ description: '`name`, or `namespace%2Fname`' }),
});

export const InvocationParams = Type.Object({ invocationId: Type.String() });

export const FunctionSchema = Type.Object({
  key: Type.String({ description: '`namespace/name@digest`' }),
  namespace: Type.String(),
  digest: Type.String({ description: 'sha256 over manifest and code' }),
  deployedAt: Type.String({ description: 'ISO 8601' }),
  manifest: ManifestSchema,
});

/** Binary, as OpenAPI 3.1 writes it: no schema at all. */
export function anyBody(description: string) {
  return { description, content: { '*/*': { schema: {} } } };
}
