import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cutUtf8, LogBuffer } from '../../src/runtime/thread/logBuffer.ts';

describe('LogBuffer', () => {
  test('keeps lines without their last newline', () => {
    const logs = new LogBuffer(100);
    logs.add('info', 'a\n');
    logs.add('warn', 'b\nc\n\n');
    logs.add('error', '');
    expect(logs.lines.map(({ level, text }) => [level, text])).toEqual([
      ['info', 'a'],
      ['warn', 'b\nc\n'],
      ['error', ''],
    ]);
    expect(logs.truncated).toBe(false);
  });

  test('cuts the line that crosses the limit, between characters, and drops the rest', () => {
    const logs = new LogBuffer(12);
    logs.add('info', '12345');
    logs.add('info', 'ab🙂cd');
    logs.add('info', 'no more');
    expect(logs.lines.map(({ text }) => text)).toEqual(['12345', 'ab🙂… [log cut at 12 bytes]']);
    expect(logs.truncated).toBe(true);
  });

  test('takes nothing where nothing is allowed', () => {
    const logs = new LogBuffer(0);
    logs.add('info', 'x');
    expect(logs.lines.map(({ text }) => text)).toEqual(['… [log cut at 0 bytes]']);
  });

  test('never grows past what a frame holds, whatever is allowed and written', () => {
    const logs = new LogBuffer(Number.MAX_SAFE_INTEGER);
    for (let line = 0; line < 200_000 && !logs.truncated; line += 1) logs.add('info', line % 2 === 0 ? '' : '\u0001');
    expect(logs.truncated).toBe(true);
    const control = new LogBuffer(Number.MAX_SAFE_INTEGER);
    control.add('info', '\u0001'.repeat(2_000_000));
    for (const { lines } of [logs, control]) expect(JSON.stringify(lines).length).toBeLessThan(3_000_000);
  });
});

test('cutUtf8 gives the longest beginning that fits', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.nat(40), (text, maxBytes) => {
      const cut = cutUtf8(text, maxBytes);
      expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(maxBytes);
      expect(text.startsWith(cut)).toBe(true);
      const [next = ''] = text.slice(cut.length);
      if (next !== '') expect(Buffer.byteLength(cut + next)).toBeGreaterThan(maxBytes);
    }),
  );
});
