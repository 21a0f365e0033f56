import type { Command } from 'commander';
import { isInvocationId } from '../gateway/invocationIds.ts';
import { monotonicMs } from '../lib/clock.ts';
import { FaasError } from '../protocol/errors.ts';
import type { Cli } from './cli.ts';
import type { InvokeFlags } from './commands/invoke.ts';
import { readEvent } from './eventInput.ts';
import type { Answer, GatewayClient } from './gatewayClient.ts';
import { answeredError, notAWorker } from './gatewayErrors.ts';
import { readTiming, type Timing, timingText } from './timing.ts';
import { usageError } from './usage.ts';
import { typedUrl, withGateway } from './withGateway.ts';

/** A call that was accepted, and how it ended. */
interface EndedCall {
  readonly name: string;
  readonly invocationId: string;
  readonly answer: Answer;
  readonly timing: Timing;
}

/** `faasbatch invoke`: one call, its answer on stdout. */
export async function invoke(name: string, flags: InvokeFlags, command: Command, cli: Cli): Promise<void> {
  const { id } = flags;
  if (id !== undefined && !isInvocationId(id)) {
    throw usageError(`--id: ${JSON.stringify(id)} must be 1 to 128 characters of A-Z, a-z, 0-9, ":", ".", "_", "-"`);
  }
  const { contentType, body } = await readEvent(flags, cli);
  if (!/^[\x20-\x7e]+$/.test(contentType)) throw usageError(`--content-type: ${JSON.stringify(contentType)} is none`);
  const headers = {
    'content-type': contentType,
    ...(id === undefined ? {} : { 'x-invocation-id': id }),
    ...(flags.async ? { prefer: 'respond-async' } : {}),
  };
  await withGateway(command, cli, async (gateway) => {
    const sentAt = monotonicMs();
    const answer = await gateway.call(name, headers, body);
    const roundTripMs = Math.round((monotonicMs() - sentAt) * 1_000) / 1_000;
    const invocationId = answer.headers['x-invocation-id'];
    const serverTiming = answer.headers['server-timing'];
    // Another server may answer 200 to anything.
    if (typeof invocationId !== 'string')
      throw answer.status < 300 ? notAWorker(gateway.url) : answeredError(gateway.url, answer);
    if (answer.status === 202) return accepted(invocationId, name, gateway, command, cli);
    const timing = readTiming(String(serverTiming ?? ''), roundTripMs);
    await ended({ name, invocationId, answer, timing }, flags, gateway, cli);
  });
}

function accepted(invocationId: string, name: string, gateway: GatewayClient, command: Command, cli: Cli): void {
  const url = `${gateway.url}/invocations/${encodeURIComponent(invocationId)}`;
  cli.output.result({ status: 'accepted', invocationId, invocation: url, result: `${url}/result` }, () => invocationId);
  cli.output.note(
    [
      '\nnext:',
      `  curl -s ${url}          # where it is, its times, why it waits`,
      `  curl -s ${url}/result   # what it returned, once it has ended`,
      `  faasbatch logs ${name} --invocation ${invocationId}${typedUrl(command)}`,
    ].join('\n'),
  );
}

/** @throws FaasError for what was refused, and for what did not end well after it was told */
async function ended(call: EndedCall, flags: InvokeFlags, gateway: GatewayClient, cli: Cli): Promise<void> {
  const { name, invocationId, answer, timing } = call;
  const error = answer.status === 200 ? undefined : answeredError(gateway.url, answer);
  // The gateway tells how an accepted invocation ended; what it refuses has no such status.
  const status = error === undefined ? 'ok' : error.details['status'];
  if (error !== undefined && status === undefined) throw error;
  const why = flags.timing ? await whyItWaited(gateway, invocationId) : undefined;
  if (cli.output.json) {
    const told = { status, invocationId, timing, ...(why === undefined ? {} : { why }) };
    const { code, message } = error ?? {};
    cli.output.result(
      { ...told, ...(error === undefined ? resultOf(answer) : { error: { code, message } }) },
      () => '',
    );
  } else if (error === undefined) {
    cli.output.bytes(answer.body);
  }
  if (flags.timing) {
    const lines = [`\n${name}, invocation ${invocationId}:`, timingText(timing, cli.output.noteColour), why];
    cli.output.note(lines.filter((line) => line !== undefined).join('\n'));
  }
  if (error !== undefined) throw endError(call, error);
}

/** The result for programs: JSON as JSON, text as text, bytes in base64. */
function resultOf({ headers, body }: Answer): Record<string, unknown> {
  const contentType = String(headers['content-type'] ?? '');
  const type = (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
  if (type === 'application/json' || type.endsWith('+json')) {
    try {
      return { contentType, result: body.length === 0 ? null : JSON.parse(body.toString('utf8')) };
    } catch {
      // A function may call anything JSON.
    }
  }
  if (type.startsWith('text/')) return { contentType, result: body.toString('utf8') };
  return { contentType, resultBase64: body.toString('base64') };
}

/** How it ended, in front of why; what a handler wrote may say more. */
function endError({ name, invocationId }: EndedCall, { code, message, details }: FaasError): FaasError {
  const { status } = details;
  const hint = `faasbatch logs ${name} --invocation ${invocationId} shows what it wrote`;
  const ran = status === 'error' || status === 'timeout';
  return new FaasError(code, `${name} ended as ${status} (${code}): ${message}`, {
    ...(ran ? { hint } : {}),
    ...details,
  });
}

/** The worker's own words; it forgets what ended long ago. */
async function whyItWaited(gateway: GatewayClient, invocationId: string): Promise<string | undefined> {
  try {
    return (await gateway.invocation(invocationId)).why;
  } catch {
    return undefined;
  }
}
