import type { Command } from 'commander';
import type { Cli } from './cli.ts';
import { GatewayClient } from './gatewayClient.ts';

/** The fields of the configuration that commands which speak to a worker take as flags. */
export const GATEWAY_FLAGS = ['client.url'] as const;

/** Speaks to the worker that the configuration names, and leaves no connection open. */
export async function withGateway<T>(
  command: Command,
  cli: Cli,
  action: (gateway: GatewayClient) => Promise<T>,
): Promise<T> {
  const { client } = await cli.config(command);
  const gateway = new GatewayClient(client);
  try {
    return await action(gateway);
  } finally {
    await gateway.close();
  }
}

/** What to put behind a command that is suggested next: the URL again, if it was typed here. */
export function typedUrl(command: Command): string {
  return command.getOptionValueSource('url') === 'cli' ? ` --url ${command.opts<{ url: string }>().url}` : '';
}
