import { monotonicMs } from '../../lib/clock.ts';
import { type ErrorCode, FaasError } from '../../protocol/errors.ts';
import type { InitHeader, OutcomeHeader } from '../../protocol/messages.ts';
import { Call, type Claim, currentCall, type Verdict } from './call.ts';
import { type FunctionIdentity, functionIdentity, HandlerContext } from './context.ts';
import type { CpuClock } from './cpuClock.ts';
import { Deadlines } from './deadlines.ts';
import { decodeEvent, type HandlerEvent } from './eventCodec.ts';
import { failWith } from './faults.ts';
import type { Handler } from './handlerModule.ts';
import { LogBuffer } from './logBuffer.ts';
import type { Reports } from './reports.ts';
import type { ResourceRegistry } from './resources.ts';
import { encodeResult } from './resultCodec.ts';
import { describeThrown, isInstance } from './thrown.ts';

type Limits = Pick<InitHeader, 'functionKey' | 'timeoutMs' | 'maxResultBytes' | 'maxLogBytes'>;

export interface RunnerParts {
  readonly handler: Handler;
  readonly threadId: number;
  readonly limits: Limits;
  readonly resources: ResourceRegistry;
  readonly reports: Reports;
  /** Given where calls do not interleave on the thread. */
  readonly cpuClock: CpuClock | undefined;
}

/** Calls the handler for one invocation after another, or for many at once, and reports how each ended. */
export class Runner {
  readonly #parts: RunnerParts;
  readonly #identity: FunctionIdentity;
  readonly #deadlines: Deadlines;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
    this.#identity = functionIdentity(parts.limits.functionKey);
    this.#deadlines = new Deadlines(parts.limits.timeoutMs);
  }

  /** Resolves when the call is over: with its handler, or before, at its deadline. Never rejects. */
  run(claim: Claim): Promise<void> {
    return new Promise((resolve) => {
      const { limits, resources } = this.#parts;
      const call = new Call(claim, new LogBuffer(limits.maxLogBytes), resources.lease(), (over, verdict) => {
        this.#over(over, verdict);
        resolve();
      });
      void this.#call(call);
    });
  }

  async #call(call: Call): Promise<void> {
    const { threadId, limits, cpuClock, handler } = this.#parts;
    const { shared, entry } = call.claim;
    let event: HandlerEvent;
    try {
      event = decodeEvent(entry.contentType, shared.body(entry.offset, entry.size));
    } catch (thrown) {
      const { code, message } = asFaasError(thrown, 'event_not_decodable');
      call.fail(code, message);
      return;
    }
    const context = new HandlerContext(call, this.#identity, Date.now() + limits.timeoutMs);
    call.cpuMsAtStart = cpuClock?.();
    call.startedAt = monotonicMs();
    shared.begin(entry.index, threadId, call.startedAt);
    this.#deadlines.add(call);
    let result: unknown;
    try {
      result = await currentCall.run(call, handler, event, context);
    } catch (thrown) {
      call.endedAt = monotonicMs();
      failWith(call, 'handler_error', thrown);
      return;
    }
    if (call.isOver) return;
    call.endedAt = monotonicMs();
    // with the call as current: a result's toJSON is the function's code, too
    call.end(currentCall.run(call, encoded, result, limits.maxResultBytes));
  }

  #over(call: Call, verdict: Verdict): void {
    const { threadId, reports, cpuClock } = this.#parts;
    const { shared, entry, stream } = call.claim;
    this.#deadlines.remove(call);
    const { startedAt, cpuMsAtStart, logs, resources } = call;
    const header: OutcomeHeader = {
      index: entry.index,
      status: verdict.status,
      ...(verdict.status === 'ok'
        ? { contentType: verdict.result.contentType }
        : { code: verdict.code, message: verdict.message }),
      ...(startedAt === undefined
        ? {}
        : { executionStartedAt: startedAt, executionEndedAt: call.endedAt ?? monotonicMs() }),
      ...(cpuMsAtStart === undefined || cpuClock === undefined ? {} : { cpuMs: cpuClock() - cpuMsAtStart }),
      ...(logs.lines.length === 0 ? {} : { logs: logs.lines }),
      ...(logs.truncated ? { logsTruncated: true } : {}),
      ...(resources.created === 0 ? {} : { resourcesCreated: resources.created }),
      ...(resources.reused === 0 ? {} : { resourcesReused: resources.reused }),
    };
    shared.end(entry.index, threadId);
    reports.outcome(stream, header, verdict.status === 'ok' ? verdict.result : undefined);
    resources.end();
  }
}

function encoded(result: unknown, maxBytes: number): Verdict {
  try {
    return { status: 'ok', result: encodeResult(result, maxBytes) };
  } catch (thrown) {
    const { code, message } = asFaasError(thrown, 'result_not_serialisable');
    return { status: 'error', code, message };
  }
}

function asFaasError(thrown: unknown, code: ErrorCode): FaasError {
  return isInstance(thrown, FaasError) ? thrown : new FaasError(code, describeThrown(thrown));
}
