import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { FunctionRegistry } from '../../src/functions/registry.ts';
import type { GatewayConfig, Health } from '../../src/gateway/deps.ts';
import { buildGateway } from '../../src/gateway/gateway.ts';
import { monotonicMs } from '../../src/lib/clock.ts';
import { type Deferred, deferred } from '../../src/lib/deferred.ts';
import { Metrics } from '../../src/metrics/metrics.ts';
import { FaasError } from '../../src/protocol/errors.ts';
import type { ContainerOutcome, Invocation, Outcome } from '../../src/protocol/invocation.ts';
import type { InvocationQueue, InvocationView, Submission } from '../../src/queue/queue.ts';

/** How an invocation ends: at once, or `held` until the test releases it. */
export type Rule = (invocation: Invocation) => ContainerOutcome | 'held';

const echo: Rule = ({ body, contentType }) => ({ status: 'ok', body, contentType });

/** A queue with no workers behind it: every invocation ends as the rule says, exactly once. */
export class RuleQueue implements InvocationQueue {
  rule: Rule = echo;
  refusal: FaasError | undefined;
  readonly submitted: Invocation[] = [];
  /** Ids, as callers gave them up; whether they had ended or not. */
  readonly cancelled: string[] = [];
  readonly #views = new Map<string, InvocationView>();
  readonly #open = new Map<string, Deferred<Outcome>>();
  #arrivals: { count: number; reached: Deferred<void> }[] = [];

  submit(invocation: Invocation): Submission {
    if (this.refusal !== undefined) throw this.refusal;
    if (this.#views.has(invocation.id)) throw new FaasError('conflict', `${invocation.id} exists already`);
    const { promise, resolve, reject } = deferred<Outcome>();
    const { id: invocationId, functionKey, acceptedAt } = invocation;
    this.submitted.push(invocation);
    this.#views.set(invocationId, { invocationId, functionKey, state: 'waiting', acceptedAt });
    this.#open.set(invocationId, { promise, resolve, reject });
    const ending = this.rule(invocation);
    if (ending !== 'held') this.end(invocationId, ending);
    for (const { count, reached } of this.#arrivals) if (this.submitted.length >= count) reached.resolve();
    const cancel = (): void => {
      this.cancelled.push(invocationId);
      this.end(invocationId, { status: 'failed', code: 'cancelled' });
    };
    return { outcome: promise, cancel };
  }

  find(invocationId: string): InvocationView | undefined {
    return this.#views.get(invocationId);
  }

  /** Ends a held invocation; one that has ended stays as it is. */
  end(invocationId: string, ending: ContainerOutcome): void {
    const view = this.#views.get(invocationId);
    const waiting = this.#open.get(invocationId);
    if (view === undefined || waiting === undefined) return;
    this.#open.delete(invocationId);
    const { functionKey, acceptedAt } = view;
    const outcome = { ...timesOf(ending, acceptedAt), ...ending, invocationId, functionKey, attempt: 1, acceptedAt };
    this.#views.set(invocationId, { ...view, state: 'done', outcome });
    waiting.resolve(outcome);
  }

  /** Resolves once so many invocations have arrived in all. */
  arrived(count: number): Promise<void> {
    if (this.submitted.length >= count) return Promise.resolve();
    const reached = deferred<void>();
    this.#arrivals.push({ count, reached });
    return reached.promise;
  }

  outcomeOf(invocationId: string): Promise<Outcome> | Outcome | undefined {
    return this.#open.get(invocationId)?.promise ?? this.#views.get(invocationId)?.outcome;
  }
}

function timesOf({ code }: ContainerOutcome, acceptedAt: number) {
  const enqueuedAt = acceptedAt;
  const completedAt = monotonicMs();
  if (code === 'cancelled' || code === 'queue_timeout') return { enqueuedAt, completedAt };
  return {
    enqueuedAt,
    batchedAt: acceptedAt,
    dispatchedAt: acceptedAt,
    executionStartedAt: acceptedAt,
    executionEndedAt: completedAt,
    completedAt,
    batchId: 'b1',
    batchSize: 1,
    containerId: 'c1',
    startKind: 'warm' as const,
  };
}

export interface Harness {
  readonly app: FastifyInstance;
  readonly queue: RuleQueue;
  readonly functions: FunctionRegistry;
  readonly metrics: Metrics;
  /** What the gateway logged. */
  readonly faults: Readonly<Record<string, unknown>>[];
  state: ReturnType<Health['state']>;
  close(): Promise<void>;
}

/** A gateway with functions in a folder of its own, and `echo` deployed. */
export async function gatewayHarness(config: Partial<GatewayConfig> = {}): Promise<Harness> {
  const folder = await mkdtemp(join(tmpdir(), 'faasbatch-gateway-'));
  const functions = await FunctionRegistry.open(folder);
  const queue = new RuleQueue();
  const metrics = new Metrics({
    containersByState: () => ({ warm: 1 }),
    queueLength: () => 0,
    invocationsInFlight: () => 0,
    startsInFlight: () => 0,
  });
  const faults: Record<string, unknown>[] = [];
  const health: Health = { state: () => harness.state };
  const app = buildGateway({
    functions,
    queue,
    metrics,
    config: { host: '127.0.0.1', apiKeys: [], maxPayloadBytes: 1024 * 1024, ...config },
    logger: { error: (fields, message) => faults.push({ ...fields, message }) },
    health,
  });
  const harness: Harness = {
    app,
    queue,
    functions,
    metrics,
    faults,
    state: 'ready',
    close: async () => {
      await app.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await app.ready();
  const deployed = await app.inject({
    method: 'PUT',
    url: '/functions/echo',
    headers: keyOf(config),
    payload: echoFunction(),
  });
  if (deployed.statusCode !== 201) throw new Error(`echo could not be deployed: ${deployed.body}`);
  return harness;
}

function keyOf({ apiKeys = [] }: Partial<GatewayConfig>): Record<string, string> {
  return apiKeys[0] === undefined ? {} : { 'x-api-key': apiKeys[0] };
}

/** The body of a request that deploys a function. */
export function echoFunction(code = 'export default (event) => event;') {
  return {
    manifest: { name: 'echo', handler: 'handler.mjs' },
    files: [{ path: 'handler.mjs', contentBase64: Buffer.from(code).toString('base64') }],
  };
}
