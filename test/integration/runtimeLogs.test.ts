import { describe, expect, test } from 'vitest';
import type { LogLine } from '../../src/protocol/invocation.ts';
import { startHandler } from '../helpers/containerHarness.ts';

function printed(logs: readonly LogLine[] | undefined): string[] {
  return (logs ?? []).map(({ level, text }) => `${level}: ${text}`);
}

describe('what an invocation prints', () => {
  test('comes with its outcome, with level and time, in order', async () => {
    const container = await startHandler(`
      import { log } from 'node:console';
      export default async (event, context) => {
        console.debug('a %s', 'debug');
        console.log({ n: 1 });
        console.info('an info');
        console.warn('a warning');
        console.error(new RangeError('an error').message);
        console.group('grouped'); log('inside'); console.groupEnd();
        console.table([[1]]);
        process.stdout.write('direct\\n');
        process.stderr.write(Buffer.from('bytes'));
        context.log.debug('by %d', 1); context.log.info('by', 2); context.log.warn('by 3'); context.log.error('by 4');
        await new Promise((resolve) => process.stdout.write('waited for', resolve));
      };`);
    const { logs, logsTruncated, executionStartedAt = 0, executionEndedAt = 0 } = await container.call(null).only();
    const lines = printed(logs);
    expect(lines.filter((line) => !line.includes('│'))).toEqual([
      'debug: a debug',
      'info: { n: 1 }',
      'info: an info',
      'warn: a warning',
      'error: an error',
      'info: grouped',
      'info:   inside',
      'info: direct',
      'error: bytes',
      'debug: by 1',
      'info: by 2',
      'warn: by 3',
      'error: by 4',
      'info: waited for',
    ]);
    expect(lines.some((line) => line.startsWith('info: ┌'))).toBe(true);
    expect(logsTruncated).toBeUndefined();
    for (const { at } of logs ?? []) {
      expect(at).toBeGreaterThanOrEqual(executionStartedAt);
      expect(at).toBeLessThanOrEqual(executionEndedAt);
    }
  });

  test('goes to the right one of many that interleave, from callbacks too', async () => {
    const container = await startHandler(`
      import { EventEmitter } from 'node:events';
      import { setTimeout as sleep } from 'node:timers/promises';
      export default async (event) => {
        for (let step = 0; step < 3; step += 1) {
          console.log(event, step);
          await sleep(1);
        }
        await new Promise((resolve) => setImmediate(() => { console.log(event, 'immediate'); resolve(); }));
      };`);
    const outcomes = await container.invoke(Array.from({ length: 20 }, (_, event) => ({ event }))).done();
    for (const [index, { logs }] of outcomes.entries()) {
      expect(printed(logs)).toEqual([0, 1, 2, 'immediate'].map((step) => `info: ${index} ${step}`));
    }
  });

  test('is bounded, and says where it was cut', async () => {
    const container = await startHandler(
      'export default (times) => { for (let i = 0; i < times; i += 1) console.log("0123456ü"); }',
      { maxLogBytes: 100 },
    );
    const [fits, cut] = await container.invoke([{ event: 10 }, { event: 100_000 }]).done();
    expect(fits?.logs).toHaveLength(10);
    expect(fits?.logsTruncated).toBeUndefined();
    expect(cut?.logs).toHaveLength(11);
    expect(cut?.logsTruncated).toBe(true);
    expect(cut?.logs?.at(-1)?.text).toBe('… [log cut at 100 bytes]');
  });

  test('fits its frame, however much is allowed and whatever it is', async () => {
    const container = await startHandler(
      `export default (how) => {
        if (how === 'long') console.log('\\u0000'.repeat(5_000_000));
        else for (let i = 0; i < 1_000_000; i += 1) process.stdout.write('');
      }`,
      { maxLogBytes: 100_000_000 },
    );
    const [long, many] = await container.invoke([{ event: 'long' }, { event: 'many' }]).done();
    expect(long).toMatchObject({ status: 'ok', logsTruncated: true });
    expect(many).toMatchObject({ status: 'ok', logsTruncated: true });
  });

  test('after its end is not its own any more, nor anybody else’s', async () => {
    const container = await startHandler(`
      let first;
      export default async (event, context) => {
        if (event === 'first') {
          first = new Promise((resolve) => setTimeout(() => { console.error('too', 'late'); context.log.info('no'); resolve(); }, 5));
          return;
        }
        await first;
      };`);
    expect((await container.call('first').only()).logs).toBeUndefined();
    expect((await container.call('second').only()).logs).toBeUndefined();
    await expect.poll(() => container.stderr).toBe('too late\n');
  });
});
