import { monotonicMs } from '../lib/clock.ts';
import { FaasError } from '../protocol/errors.ts';
import type { Outcome } from '../protocol/invocation.ts';
import type { Submission } from '../queue/queue.ts';
import type { GatewayDeps } from './deps.ts';
import type { FunctionLogs } from './functionLogs.ts';

/** What HTTP says a body is of which nothing is said. */
const DEFAULT_CONTENT_TYPE = 'application/octet-stream';

const NO_BODY = Buffer.alloc(0);

/** A call as it came in. */
export interface Call {
  readonly invocationId: string;
  /** `name` or `namespace/name`. */
  readonly function: string;
  readonly contentType: string | undefined;
  readonly body: Uint8Array | undefined;
}

/** The door: hands calls to the queue, and sees each to its end for metrics and logs, whoever waits for it. */
export class Intake {
  readonly #deps: Pick<GatewayDeps, 'functions' | 'queue' | 'metrics'>;
  readonly #logs: FunctionLogs;

  constructor(deps: Pick<GatewayDeps, 'functions' | 'queue' | 'metrics'>, logs: FunctionLogs) {
    this.#deps = deps;
    this.#logs = logs;
  }

  /** @throws FaasError `function_not_found`, and whatever the queue refuses it with */
  accept(call: Call): Submission {
    const { functions, queue, metrics } = this.#deps;
    const deployed = functions.require(call.function);
    try {
      const submission = queue.submit({
        id: call.invocationId,
        functionKey: deployed.key,
        contentType: call.contentType ?? DEFAULT_CONTENT_TYPE,
        body: call.body ?? NO_BODY,
        acceptedAt: monotonicMs(),
      });
      const outcome = submission.outcome.then((ended) => this.#observe(ended));
      return { outcome, cancel: () => submission.cancel() };
    } catch (thrown) {
      if (thrown instanceof FaasError) metrics.observeRejection(thrown.code);
      throw thrown;
    }
  }

  #observe(outcome: Outcome): Outcome {
    this.#deps.metrics.observe(outcome);
    this.#logs.append(outcome);
    return outcome;
  }
}
