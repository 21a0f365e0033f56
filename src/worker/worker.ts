import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { WorkerConfig } from '../config/worker.ts';
import type { Engine } from '../containers/engine.ts';
import { ContainerPool } from '../containers/pool.ts';
import { BYTES_PER_MB } from '../containers/roster.ts';
import { FunctionRegistry } from '../functions/registry.ts';
import { buildGateway } from '../gateway/gateway.ts';
import { deferred } from '../lib/deferred.ts';
import { Metrics } from '../metrics/metrics.ts';
import { FaasError } from '../protocol/errors.ts';
import type { DeployedFunction } from '../protocol/manifest.ts';
import { MemoryQueue } from '../queue/memoryQueue.ts';
import { platformRecordOf, type Recorder } from '../results/recorder.ts';
import { Dispatcher } from '../scheduling/dispatcher.ts';
import { createStrategy } from '../scheduling/strategies/index.ts';
import { AccountsLedger } from './accounts.ts';
import type { WorkerLogger } from './logger.ts';
import { realClock } from './realClock.ts';
import { workerSettings } from './settings.ts';
import { createWorkDirectory, removeWorkDirectory, sweepWorkDirectories } from './workDirectory.ts';

export interface WorkerOptions {
  readonly config: WorkerConfig;
  readonly engine: Engine;
  /** Deployed functions are read from here and written to here. */
  readonly functionsPath: string;
  /** The folder with the packages that functions may import without bringing them. */
  readonly sharedModules: string;
  readonly recorder: Recorder;
  /** Where to keep the sums of the run; undefined: nowhere. */
  readonly accountsPath: string | undefined;
  readonly logger: WorkerLogger;
}

/** Ended invocations that can still be asked about. */
const KEPT_OUTCOMES = 10_000;
/** Starts of a function that may fail in a row before what waits for it fails. */
const MAX_START_FAILURES = 3;
const STOP_GRACE_MS = 2_000;

type Gateway = ReturnType<typeof buildGateway>;

interface Parts {
  readonly id: string;
  readonly directory: string;
  readonly functions: FunctionRegistry;
  readonly dispatcher: Dispatcher;
  readonly queue: MemoryQueue;
  readonly pool: ContainerPool;
  readonly accounts: AccountsLedger;
  readonly metrics: Metrics;
  readonly health: { state: 'starting' | 'ready' | 'draining' };
}

/**
 * One worker: gateway → queue → dispatcher → pool → containers, and the recorder.
 *
 * ready → draining → closed
 *
 * draining: no invocation is accepted any more, those accepted run to their end, for `drainTimeoutMs` or until forced;
 * then what is left ends as `failed` (`shutdown`) and the containers are stopped.
 */
export class Worker {
  readonly url: string;
  readonly #parts: Parts;
  readonly #gateway: Gateway;
  readonly #options: WorkerOptions;
  readonly #forced = deferred<void>();
  #closing: Promise<void> | undefined;

  private constructor(options: WorkerOptions, parts: Parts, gateway: Gateway, url: string) {
    this.#options = options;
    this.#parts = parts;
    this.#gateway = gateway;
    this.url = url;
  }

  /** @throws FaasError for a configuration that cannot be, or a port in use; nothing is left behind then */
  static async start(options: WorkerOptions): Promise<Worker> {
    const { config } = options;
    const parts = await assemble(options);
    try {
      const { health, functions, queue, metrics } = parts;
      const gateway = buildGateway({
        functions,
        queue,
        metrics,
        config,
        logger: options.logger,
        health: { state: () => health.state },
      });
      const url = await listen(gateway, config);
      health.state = 'ready';
      return new Worker(options, parts, gateway, url);
    } catch (thrown) {
      parts.accounts.abandon();
      await parts.pool.close();
      await removeWorkDirectory(parts.directory);
      throw thrown;
    }
  }

  get id(): string {
    return this.#parts.id;
  }

  /** Drains, then ends. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Ends what is left without waiting for it; close() then resolves soon. */
  force(): void {
    this.#forced.resolve();
  }

  async #close(): Promise<void> {
    const { health, queue, dispatcher, pool, accounts, directory } = this.#parts;
    const { config, recorder } = this.#options;
    health.state = 'draining';
    const timer = setTimeout(() => this.force(), config.drainTimeoutMs);
    await Promise.race([queue.drain(), this.#forced.promise]);
    clearTimeout(timer);
    dispatcher.close();
    const ends = await Promise.allSettled([this.#gateway.close(), recorder.close(), accounts.close()]);
    await pool.close();
    await removeWorkDirectory(directory);
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }
}

/** Everything behind the gateway, wired together. */
async function assemble(options: WorkerOptions): Promise<Parts> {
  const { config, engine, recorder } = options;
  const strategy = createStrategy(config);
  const { parallelism, multiplexing } = workerSettings(config);
  const functions = await FunctionRegistry.open(options.functionsPath);
  for (const problem of functions.problems) options.logger.warn({}, problem);
  await sweepWorkDirectories();
  const id = `w${randomBytes(3).toString('hex')}`;
  const directory = await createWorkDirectory(id);
  const lookUp = (key: string): DeployedFunction => versionOf(functions, key);
  const dispatcher: Dispatcher<ContainerPool> = new Dispatcher(
    {
      strategy,
      clock: realClock,
      limits: config,
      queueTimeoutMs: config.queueTimeoutMs,
      maxAttempts: config.maxAttempts,
      maxStartFailures: MAX_START_FAILURES,
      release: config.release,
      isIdempotent: (key) => lookUp(key).manifest.idempotent,
      idPrefix: `${id}-`,
      onBatch: (size) => {
        accounts.batch(size);
        metrics.observeBatch(size);
      },
    },
    (events) =>
      new ContainerPool({
        engine,
        limits: { ...config, memoryBudgetBytes: config.memoryBudgetMb * BYTES_PER_MB },
        keepAliveMs: config.keepAliveMs,
        startTimeoutMs: config.startTimeoutMs,
        stopGraceMs: STOP_GRACE_MS,
        prewarmed: config.prewarmed,
        settings: {
          parallelism,
          multiplexing: multiplexing === 'on',
          maxResultBytes: config.maxResultBytes,
          maxLogBytes: config.maxLogBytes,
        },
        directory,
        sharedModules: options.sharedModules,
        lookUp,
        hasDemand: (key) => dispatcher.waitingFor(key) > 0,
        events,
      }),
  );
  const pool = dispatcher.fleet;
  const accounts = new AccountsLedger({ workerId: id, pool: pool.accounts, engine }, options.accountsPath);
  const queue = new MemoryQueue(dispatcher, {
    keptOutcomes: KEPT_OUTCOMES,
    onOutcome: (outcome) => {
      accounts.ended(outcome);
      recorder.record(platformRecordOf(outcome, id));
    },
  });
  const metrics = new Metrics({
    containersByState: () => ({ ...pool.countByState() }),
    queueLength: () => dispatcher.waiting,
    invocationsInFlight: () => dispatcher.inFlight,
    startsInFlight: () => pool.capacity.startsInFlight,
  });
  return { id, directory, functions, dispatcher, queue, pool, accounts, metrics, health: { state: 'starting' } };
}

/** @throws FaasError `function_not_found` if this version was removed while it was still called */
function versionOf(functions: FunctionRegistry, key: string): DeployedFunction {
  const deployed = functions.version(key);
  if (deployed === undefined) throw new FaasError('function_not_found', `${key} is not deployed any more`);
  return deployed;
}

/** @returns the URL that it can be reached at */
async function listen(gateway: Gateway, { host, port }: WorkerConfig): Promise<string> {
  try {
    await gateway.listen({ host, port });
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code !== 'EADDRINUSE') throw thrown;
    throw new FaasError('port_in_use', `port ${port} of ${host} is in use: choose another with --port, or 0 for any`);
  }
  const address = gateway.server.address() as AddressInfo;
  return `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
}
