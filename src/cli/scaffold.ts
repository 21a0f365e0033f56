export type FunctionKind = 'cpu' | 'io';

/** A first function: its files, and an event that it answers. */
export interface Scaffold {
  readonly files: Readonly<Record<'function.yaml' | 'handler.mjs', string>>;
  readonly event: unknown;
}

export function scaffold(name: string, kind: FunctionKind): Scaffold {
  return {
    files: { 'function.yaml': manifest(name, kind), 'handler.mjs': kind === 'cpu' ? CPU_HANDLER : IO_HANDLER },
    event: kind === 'cpu' ? { limit: 100_000 } : { name: 'world' },
  };
}

function manifest(name: string, kind: FunctionKind): string {
  return `name: ${name}
handler: handler.mjs
# cpu: invocations spread over threads; io: they share one, and interleave where they wait
kind: ${kind}
# An invocation that runs for longer ends as timeout.
timeoutMs: 30000
# May an invocation be run again that had begun when its container was lost?
idempotent: true
`;
}

const IO_HANDLER = `import { setTimeout as sleep } from 'node:timers/promises';

/** Stands for a client that is costly to make: a connection, a session. */
async function connect() {
  await sleep(50);
  return { greet: async (name) => \`hello, \${name}\` };
}

/**
 * @param event what the caller sent: JSON decoded, text as text, anything else as bytes
 * @param context the invocation's id, deadline, abort signal and logger, and what it shares with its neighbours
 */
export default async function handler(event, context) {
  // Made for the first invocation that a container serves; the others get the same one.
  const client = await context.resources.get('greeter', connect);
  return { message: await client.greet(event?.name ?? 'world') };
}
`;

const CPU_HANDLER = `/**
 * Counts primes: work for a thread.
 *
 * @param event what the caller sent: JSON decoded, text as text, anything else as bytes
 */
export default function handler(event) {
  const limit = Math.min(event?.limit ?? 100_000, 50_000_000);
  const composite = new Uint8Array(limit + 1);
  let primes = 0;
  for (let candidate = 2; candidate <= limit; candidate += 1) {
    if (composite[candidate]) continue;
    primes += 1;
    for (let multiple = candidate * candidate; multiple <= limit; multiple += candidate) composite[multiple] = 1;
  }
  return { limit, primes };
}
`;
