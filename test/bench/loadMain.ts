import { asError } from '../../src/protocol/errors.ts';
import type { LoadAnswer, LoadOrder } from './loadMessages.ts';
import { timeCalls } from './probe.ts';
import { callOften } from './rate.ts';

/** The load generator: a process of its own, so that it is neither the bench's nor the platform's CPU time. */
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit());
process.on('message', (order: LoadOrder) => {
  carryOut(order).then(tell, (thrown: unknown) => tell({ type: 'failed', message: asError(thrown).message }));
});

async function carryOut(order: LoadOrder): Promise<LoadAnswer> {
  if (order.type === 'latency') {
    return { type: 'latency', latenciesMs: await timeCalls(order.call, order.pausesMs) };
  }
  return { type: 'rate', ...(await callOften(order.call, order.connections, order.durationMs)) };
}

function tell(answer: LoadAnswer): void {
  process.send?.(answer);
}
