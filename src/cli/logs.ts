import { setTimeout as sleep } from 'node:timers/promises';
import { functionOf } from '../gateway/functionLogs.ts';
import { formatMs } from '../lib/duration.ts';
import { FaasError } from '../protocol/errors.ts';
import type { Colour, Style } from './colour.ts';
import type { GatewayClient, InvocationAnswer, LogLineAnswer } from './gatewayClient.ts';
import type { Output } from './output.ts';

/** Lines that a gateway hands out at once. */
export const MAX_TAIL = 1_000;

const POLL_INTERVAL_MS = 500;

const STYLES: Readonly<Record<string, Style>> = { debug: 'dim', warn: 'yellow', error: 'red' };

/** The last lines of a function. */
export async function recentLogs(gateway: GatewayClient, name: string, tail: number, output: Output): Promise<void> {
  const { function: fullName, lines } = await gateway.logs(name, tail, 0);
  if (lines.length === 0 && !output.json) {
    output.note(`${name} has written nothing that this worker remembers`);
    return;
  }
  output.result({ function: fullName, lines }, () => lines.map((line) => lineText(line, output.colour)).join('\n'));
}

/** The last lines of a function, and those that come, one by one. */
export async function followLogs(
  gateway: GatewayClient,
  name: string,
  tail: number,
  stop: AbortSignal,
  output: Output,
): Promise<void> {
  let answer = await gateway.logs(name, tail, 0);
  if (answer.lines.length === 0) output.note(`${name} has written nothing so far; Ctrl-C ends the waiting`);
  while (!stop.aborted) {
    for (const line of answer.lines) output.line(line, () => lineText(line, output.colour));
    await pause(stop);
    answer = await gateway.logs(name, MAX_TAIL, answer.next);
  }
}

/**
 * What one invocation wrote, which is known once it has ended.
 * @param stop until when its end is waited for
 */
export async function invocationLogs(
  gateway: GatewayClient,
  name: string,
  invocationId: string,
  stop: AbortSignal,
  output: Output,
): Promise<void> {
  const wanted = functionOf((await gateway.function(name)).key);
  let invocation = await gateway.invocation(invocationId);
  const called = functionOf(invocation.function);
  if (called !== wanted) {
    throw new FaasError('invocation_not_found', `${invocationId} is an invocation of ${called}, not of ${wanted}`);
  }
  while (invocation.state !== 'done' && !stop.aborted) {
    await pause(stop);
    invocation = await gateway.invocation(invocationId);
  }
  const { logs: lines = [], state, status, code, message, logsTruncated = false } = invocation;
  const told = { function: called, invocationId, state, status, code, message, lines, logsTruncated };
  if (lines.length > 0 || output.json) output.result(told, () => linesText(invocation, output.colour));
  output.note(endText(invocation));
}

function linesText({ logs = [], logsTruncated }: InvocationAnswer, colour: Colour): string {
  const lines = logs.map(({ sinceAcceptedMs, level, text }) => {
    return `${colour('dim', `+${formatMs(sinceAcceptedMs)}`.padStart(10))}  ${levelText(level, colour)}  ${text}`;
  });
  return [...lines, ...(logsTruncated ? ['(cut: maxLogBytes of the worker is reached)'] : [])].join('\n');
}

function endText({ invocationId, state, status, code, message, logs = [] }: InvocationAnswer): string {
  if (state !== 'done')
    return `${invocationId} has not ended (${state}): its output comes with its end; --follow waits for it`;
  const wrote = logs.length === 0 ? ', and wrote nothing' : '';
  const why = code === undefined ? '' : ` (${code})${message === undefined ? '' : `: ${message}`}`;
  return `${invocationId} ended as ${status}${why}${wrote}`;
}

function lineText({ time, level, text, invocationId, source }: LogLineAnswer, colour: Colour): string {
  const said = source === 'platform' ? colour('dim', text) : text;
  return `${colour('dim', time)}  ${levelText(level, colour)}  ${colour('dim', invocationId)}  ${said}`;
}

function levelText(level: string, colour: Colour): string {
  const style = STYLES[level];
  return style === undefined ? level.padEnd(5) : colour(style, level.padEnd(5));
}

async function pause(stop: AbortSignal): Promise<void> {
  await sleep(POLL_INTERVAL_MS, undefined, { signal: stop }).catch(() => undefined);
}
