/**
 * The one table of error codes. Each row: the HTTP status that the gateway answers with, and when it happens.
 * A message names the field, the value and the rule; the code is what programs match on.
 */
export const ERRORS = {
  // the request itself
  bad_request: { status: 400, when: 'the request does not fit its schema' },
  unauthorized: { status: 401, when: 'no API key, or a wrong one' },
  forbidden_origin: { status: 403, when: 'Host or Origin is not this server (only checked where no API key is set)' },
  function_not_found: { status: 404, when: 'no function of this name is deployed' },
  invocation_not_found: { status: 404, when: 'no invocation of this id is known, or it was forgotten' },
  not_found: { status: 404, when: 'no such route' },
  conflict: { status: 409, when: 'an invocation of this id exists already' },
  payload_too_large: { status: 413, when: 'the body is larger than the limit' },
  unsupported_media_type: { status: 415, when: 'the content type is not one that the route takes' },
  invalid_manifest: { status: 422, when: 'function.yaml breaks a rule' },
  invalid_code: { status: 422, when: 'the files of a function break a rule' },
  request_timeout: { status: 408, when: 'the request did not arrive whole in time' },
  headers_too_large: { status: 431, when: 'the headers of the request are larger than the limit' },
  // not accepted
  queue_full: { status: 429, when: 'maxQueueLength invocations wait already' },
  function_queue_full: { status: 429, when: 'maxQueueLengthPerFunction invocations of this function wait already' },
  draining: { status: 503, when: 'the worker is shutting down' },
  not_ready: { status: 503, when: 'the worker is still starting' },
  // before a replay: what was asked for cannot be read
  trace_unreadable: { status: 422, when: 'a trace or a schedule is missing, or not in a format that can be read' },
  // during a replay
  target_unreachable: { status: 502, when: 'nobody answers where the replayer sends its calls' },
  replayer_failed: { status: 500, when: 'the process that sends calls failed, or was killed' },
  // accepted, and ended by the function
  handler_error: { status: 500, when: 'the handler threw, or its promise was rejected' },
  unhandled_rejection: { status: 500, when: 'a promise that the handler left behind was rejected' },
  uncaught_exception: { status: 500, when: 'an exception was thrown from a callback that the handler left behind' },
  out_of_memory: { status: 500, when: 'the handler needed more memory than memoryMb' },
  process_exit: { status: 500, when: 'the handler called process.exit' },
  result_not_serialisable: { status: 500, when: 'what the handler returned cannot become JSON, text or bytes' },
  result_too_large: { status: 500, when: 'what the handler returned is larger than maxResultBytes' },
  event_not_decodable: { status: 500, when: 'the body is not what its content type says' },
  container_crashed: { status: 500, when: 'twice, the container died while this invocation was alone in it' },
  // accepted, and out of time
  timeout: { status: 504, when: 'the handler ran past timeoutMs' },
  queue_timeout: { status: 504, when: 'the invocation waited longer than queueTimeoutMs' },
  // accepted, and failed by the platform
  container_lost: { status: 502, when: 'the container died and the invocation may not, or not again, be retried' },
  thread_lost: { status: 502, when: 'a neighbour took the thread down and the invocation may not be retried' },
  start_failed: { status: 502, when: 'no container could be started for it' },
  init_failed: { status: 502, when: 'the handler could not be loaded' },
  cancelled: { status: 502, when: 'the caller hung up before it started' },
  refused_by_strategy: { status: 502, when: 'the scheduling strategy refused it' },
  shutdown: { status: 502, when: 'the worker was stopped before it could end' },
  internal: { status: 500, when: 'a fault of faasbatch itself' },
  // the command line
  usage: { status: 400, when: 'a command, option or argument is not one that there is' },
  worker_unreachable: { status: 502, when: 'no worker answers at the URL that commands speak to, or it hung up' },
  not_a_worker: { status: 502, when: 'what answers at that URL is no faasbatch worker' },
  port_in_use: { status: 500, when: 'another process listens on the port' },
  invalid_config: { status: 422, when: 'the file, the environment or a flag sets what breaks a rule' },
  guard_rail: { status: 500, when: 'a run does not keep what its figures promise, so they are not to be trusted' },
  // results
  store_unreachable: { status: 503, when: 'CouchDB does not answer at its address' },
  store_unauthorized: { status: 502, when: 'CouchDB refuses the credentials, or asks for some' },
  store_not_couchdb: { status: 502, when: 'what answers at the address of the store is no CouchDB' },
  store_error: { status: 502, when: 'CouchDB answered with an error of its own' },
  store_start_failed: { status: 500, when: 'the embedded store did not start; its port may be taken' },
  run_not_found: { status: 404, when: 'no run of this id is stored, or the folder is no run folder' },
  run_incomplete: { status: 422, when: 'a file of a run folder cannot be read' },
  invalid_query: { status: 400, when: 'a condition, metric or grouping is not one that results can be asked by' },
} as const satisfies Record<string, { status: number; when: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** The one error class: whatever goes wrong in a way that users can be told about carries a code of the table. */
export class FaasError extends Error {
  readonly code: ErrorCode;
  /** What a program may want beside the message: the limit's name, the field, seconds to wait. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, details: Record<string, unknown> = {}, options?: ErrorOptions) {
    super(message, options);
    this.name = 'FaasError';
    this.code = code;
    this.details = details;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }
}

/** Whatever was thrown, as an Error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
