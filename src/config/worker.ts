import { type Static, Type } from 'typebox';
import type { CommonConfig } from './common.ts';
import type { Role } from './role.ts';

const MB = 2 ** 20;

const serving = {
  host: Type.String({ default: '127.0.0.1', minLength: 1, description: 'address that the gateway binds' }),
  port: Type.Integer({
    default: 8080,
    minimum: 0,
    maximum: 65535,
    description: 'port of the gateway; 0: any free one',
  }),
  apiKeys: Type.Array(Type.String({ minLength: 16 }), {
    default: [],
    unit: 'list',
    secret: true,
    description: 'keys of 16 characters or more, separated by commas, one of which every caller must show',
  }),
  engine: Type.Enum(['auto', 'process'], {
    default: 'auto',
    instead: { docker: 'the docker engine is not part of this version; `process` runs containers as processes' },
    description: 'what containers are; auto: the best there is',
  }),
  maxPayloadBytes: Type.Integer({ default: 6 * MB, minimum: 1, unit: 'bytes', description: 'body of a call at most' }),
  maxResultBytes: Type.Integer({
    default: 6 * MB,
    minimum: 1,
    unit: 'bytes',
    description: 'result of a handler at most',
  }),
  maxLogBytes: Type.Integer({
    default: 16 * 1024,
    minimum: 0,
    unit: 'bytes',
    description: 'log output kept of an invocation',
  }),
  drainTimeoutMs: Type.Number({
    default: 30_000,
    minimum: 0,
    unit: 'ms',
    description: 'what is under way when the worker is told to stop has so long to end',
  }),
};

const scheduling = {
  strategy: Type.String({
    default: 'faasbatch',
    minLength: 1,
    description: 'which invocations go together, and where',
  }),
  strategyParameters: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()]), {
    default: {},
    unit: 'pairs',
    flag: '--set',
    description: "the strategy's own, name=value",
  }),
  dispatchIntervalMs: Type.Number({
    default: 200,
    exclusiveMinimum: 0,
    maximum: 60_000,
    unit: 'ms',
    description: 'the window in which invocations gather',
  }),
  release: Type.Enum(['each', 'batch'], {
    default: 'each',
    description: 'answer a caller when its invocation ends, or when its whole batch does',
  }),
  parallelism: Type.Enum(['auto', 'serial', 'parallel'], {
    default: 'auto',
    description: "inside a container; auto: as the strategy's row says",
  }),
  multiplexing: Type.Enum(['auto', 'on', 'off'], {
    default: 'auto',
    description: "of resources inside a container; auto: as the strategy's row says",
  }),
  cpuScheduling: Type.Enum(['os'], { default: 'os', description: 'inside a container: the operating system alone' }),
  queueTimeoutMs: Type.Number({
    default: 100_000,
    exclusiveMinimum: 0,
    unit: 'ms',
    description: 'an invocation that has waited for so long ends as timeout',
  }),
  maxQueueLength: Type.Integer({ default: 10_000, minimum: 1, description: 'invocations that wait, at most' }),
  maxQueueBytes: Type.Integer({
    default: 512 * MB,
    minimum: 1,
    unit: 'bytes',
    description: 'bodies of invocations that wait, at most',
  }),
  maxQueueLengthPerFunction: Type.Integer({ default: 10_000, minimum: 1, description: 'the same, for one function' }),
  maxBatchSize: Type.Integer({
    default: 1_000,
    minimum: 1,
    maximum: 10_000,
    description: 'invocations in one batch, at most',
  }),
  maxAttempts: Type.Integer({
    default: 5,
    minimum: 1,
    description: 'tries of an invocation whose container is lost before it began',
  }),
};

const containers = {
  cores: Type.Integer({ minimum: 1, description: "CPU allowance; default: this machine's" }),
  maxContainers: Type.Integer({ default: 256, minimum: 1, description: 'containers alive, at most' }),
  maxContainersPerFunction: Type.Integer({ default: 256, minimum: 1, description: 'the same, for one function' }),
  memoryBudgetMb: Type.Number({
    minimum: 1,
    unit: 'MB',
    description: "of all containers' limits together; default: 80 % of this machine's memory",
  }),
  maxStartsInFlight: Type.Integer({ minimum: 1, description: 'containers starting at once; default: cores' }),
  prewarmed: Type.Integer({ default: 0, minimum: 0, description: 'generic containers kept ready ahead of need' }),
  keepAliveMs: Type.Number({
    default: 600_000,
    minimum: 0,
    unit: 'ms',
    description: 'an idle container is kept for so long',
  }),
  startTimeoutMs: Type.Number({
    default: 30_000,
    exclusiveMinimum: 0,
    unit: 'ms',
    description: 'a container that is not ready by then has failed to start',
  }),
};

const schema = Type.Object({ ...serving, ...scheduling, ...containers });

/** Everything a worker is told. */
export type WorkerConfig = CommonConfig & Static<typeof schema>;

export const workerRole: Role = {
  name: 'worker',
  schema,
  hostDefaults: (host, given) => ({
    cores: host.cores,
    maxStartsInFlight: given['cores'] ?? host.cores,
    memoryBudgetMb: Math.max(1, Math.floor((host.memoryBytes * 0.8) / MB)),
  }),
};
