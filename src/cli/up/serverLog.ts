import { type DestinationStream, destination, type Logger, pino } from 'pino';
import type { Colour, Style } from '../colour.ts';

const LEVELS: Readonly<Record<number, readonly [name: string, style: Style]>> = {
  10: ['trace', 'dim'],
  20: ['debug', 'dim'],
  30: ['info', 'green'],
  40: ['warn', 'yellow'],
  50: ['error', 'red'],
  60: ['fatal', 'red'],
};

export interface ServerLogOptions {
  /** Only warnings and errors. */
  readonly quiet: boolean;
  readonly stderr: NodeJS.WriteStream;
  readonly colour: Colour;
}

/** What a server has to say while it runs, on stderr: lines for people on a terminal, JSON for everybody else. */
export function serverLog({ quiet, stderr, colour }: ServerLogOptions): Logger {
  const level = quiet ? 'warn' : 'info';
  if (stderr.isTTY) return pino({ level, base: null }, readable(stderr, colour));
  return pino({ level, timestamp: pino.stdTimeFunctions.isoTime }, destination({ fd: 2, sync: true }));
}

function readable(stderr: NodeJS.WriteStream, colour: Colour): DestinationStream {
  return { write: (line) => stderr.write(`${logLineText(line, colour)}\n`) };
}

/** `12:00:01  warn   message  field=value`: of an error its stack, of nothing else more than one line. */
export function logLineText(line: string, colour: Colour): string {
  const { level, time, msg = '', err, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const [name, style] = LEVELS[Number(level)] ?? ['?', 'dim'];
  const clock = new Date(Number(time)).toTimeString().slice(0, 8);
  const facts = Object.entries(fields).map(([field, value]) => colour('dim', `  ${field}=${JSON.stringify(value)}`));
  const stack = (err as { stack?: unknown } | undefined)?.stack;
  const trace = typeof stack === 'string' ? `\n${stack}` : '';
  return `${colour('dim', clock)}  ${colour(style, name.padEnd(5))}  ${String(msg)}${facts.join('')}${trace}`;
}
