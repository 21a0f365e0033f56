import { type Static, Type } from 'typebox';
import type { CommonConfig } from './common.ts';
import type { Role } from './role.ts';

const schema = Type.Object({
  workload: Type.Enum(['cpu', 'io', 'trace'], {
    default: 'cpu',
    description: "the paper's CPU or I/O work, or what the trace says of its own durations",
  }),
  workScale: Type.Enum(['calibrated', 'literal'], {
    default: 'calibrated',
    description: "fib sizes fitted to this machine, or the paper's own",
  }),
  placement: Type.Enum(['uniform', 'clustered', 'simultaneous'], {
    default: 'uniform',
    description: 'where in its second an arrival falls that is known to the second only',
  }),
  speed: Type.Number({
    default: 1,
    exclusiveMinimum: 0,
    description: 'how many times faster arrivals, durations, keep-alive and deadlines pass',
  }),
  cpuShare: Type.Number({
    default: 0.2,
    minimum: 0,
    maximum: 1,
    description: "part of a trace's duration that is spent computing, the rest is slept",
  }),
  startMs: Type.Number({ default: 0, minimum: 0, unit: 'ms', description: 'where in the trace to begin' }),
  durationMs: Type.Optional(
    Type.Number({ exclusiveMinimum: 0, unit: 'ms', description: 'how much of the trace to replay; none: all of it' }),
  ),
  limit: Type.Optional(Type.Integer({ minimum: 1, description: 'invocations at most' })),
});

/** How a trace is replayed. */
export type ReplayConfig = CommonConfig & Static<typeof schema>;

export const replayRole: Role = { name: 'replay', schema };
