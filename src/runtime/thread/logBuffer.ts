import { monotonicMs } from '../../lib/clock.ts';
import type { LogLine } from '../../protocol/invocation.ts';

/**
 * Log lines travel in an outcome's JSON header, where a byte of text takes up to six: whatever `maxLogBytes` says,
 * more than this would not fit a frame.
 */
const MOST_BYTES = 384 * 1024;
const MOST_LINES = 10_000;

/** What one invocation printed, up to a limit; the line that crosses it is cut and says so. */
export class LogBuffer {
  readonly lines: LogLine[] = [];
  truncated = false;
  readonly #maxBytes: number;
  #roomBytes: number;

  constructor(maxBytes: number) {
    this.#maxBytes = Math.min(maxBytes, MOST_BYTES);
    this.#roomBytes = this.#maxBytes;
  }

  add(level: LogLine['level'], text: string): void {
    if (this.truncated) return;
    const line = text.endsWith('\n') ? text.slice(0, -1) : text;
    const bytes = Buffer.byteLength(line) + 1;
    if (bytes <= this.#roomBytes && this.lines.length < MOST_LINES) {
      this.#roomBytes -= bytes;
      this.lines.push({ at: monotonicMs(), level, text: line });
      return;
    }
    this.truncated = true;
    const kept = this.lines.length < MOST_LINES ? cutUtf8(line, this.#roomBytes) : '';
    this.lines.push({ at: monotonicMs(), level, text: `${kept}… [log cut at ${this.#maxBytes} bytes]` });
  }
}

/** The longest beginning of a text that takes at most so many bytes of UTF-8, whole characters only. */
export function cutUtf8(text: string, maxBytes: number): string {
  // a character takes at least one byte, so that no more of the text needs to be looked at
  const bytes = Buffer.from(text.slice(0, maxBytes));
  if (bytes.length <= maxBytes && text.length <= maxBytes) return text;
  let end = Math.min(maxBytes, bytes.length);
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.toString('utf8', 0, end);
}
