import type { LogLine } from '../../protocol/invocation.ts';
import { currentCall } from './call.ts';

const LEVELS = { debug: 'debug', log: 'info', info: 'info', warn: 'warn', error: 'error', trace: 'error' } as const;

/**
 * From now on, what code prints on behalf of a call goes into the call's log: through `console`, and through
 * `process.stdout` and `process.stderr`, to which the console writes in the end. What belongs to no call, or to one
 * that is over, goes where it always went.
 */
export function captureOutput(): void {
  // The console writes synchronously, so that whoever writes while this is set is the console method that set it.
  let level: LogLine['level'] | undefined;
  for (const [method, methodLevel] of Object.entries(LEVELS) as [keyof typeof LEVELS, LogLine['level']][]) {
    const print = console[method].bind(console);
    console[method] = (...values: unknown[]): void => {
      level = methodLevel;
      try {
        print(...values);
      } finally {
        level = undefined;
      }
    };
  }
  captureStream(process.stdout, () => level ?? 'info');
  captureStream(process.stderr, () => level ?? 'error');
}

type Written = (error?: Error | null) => void;

function captureStream(stream: NodeJS.WriteStream, levelNow: () => LogLine['level']): void {
  const write = stream.write.bind(stream);
  stream.write = (chunk: string | Uint8Array, second?: BufferEncoding | Written, third?: Written): boolean => {
    const call = currentCall.getStore();
    const encoding = typeof second === 'string' ? second : undefined;
    const written = typeof second === 'function' ? second : third;
    if (call === undefined || call.isOver) return write(chunk, encoding, written);
    call.logs.add(levelNow(), typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString());
    if (written !== undefined) process.nextTick(written);
    return true;
  };
}
