import { promisify } from 'node:util';
import autocannon from 'autocannon';
import type { Call } from './call.ts';
import type { Rate } from './loadMessages.ts';

const cannon = promisify<autocannon.Options, autocannon.Result>(autocannon);
/** How often autocannon looks whether its time is over. */
const SAMPLE_MS = 50;

/**
 * Calls on many connections at once, each as soon as the one before on its connection is answered.
 * @throws if any answer was not a 200 with the body that was sent, or a connection failed
 */
export async function callOften(call: Call, connections: number, durationMs: number): Promise<Rate> {
  const result = await cannon({
    url: call.url,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: call.body,
    expectBody: call.body,
    connections,
    duration: durationMs / 1_000,
    sampleInt: SAMPLE_MS,
  });
  const { non2xx, errors, timeouts, mismatches } = result;
  if (non2xx + errors + timeouts + mismatches > 0) {
    const counts = `${non2xx} not 2xx, ${errors} errors, ${timeouts} timeouts, ${mismatches} wrong bodies`;
    throw new Error(`${call.url}: ${counts}, beside ${result['2xx']} right ones`);
  }
  return { calls: result['2xx'], elapsedMs: result.finish.getTime() - result.start.getTime() };
}
