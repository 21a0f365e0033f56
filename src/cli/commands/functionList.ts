import type { Command } from 'commander';
import { formatFunctionName } from '../../functions/name.ts';
import { formatMs } from '../../lib/duration.ts';
import type { Cli } from '../cli.ts';
import { addConfigFlags } from '../configFlags.ts';
import { addExamples } from '../examples.ts';
import { shippedFunctions } from '../functionSource.ts';
import type { DeployedAnswer } from '../gatewayClient.ts';
import { table } from '../table.ts';
import { GATEWAY_FLAGS, withGateway } from '../withGateway.ts';

const COLUMNS = [
  { head: 'FUNCTION' },
  { head: 'KIND' },
  { head: 'MEMORY', align: 'right' },
  { head: 'TIMEOUT', align: 'right' },
  { head: 'DIGEST' },
  { head: 'DEPLOYED' },
] as const;

export function define(command: Command, cli: Cli): void {
  addConfigFlags(command, GATEWAY_FLAGS);
  command.action(() =>
    withGateway(command, cli, async (gateway) => {
      const functions = await gateway.functions();
      if (functions.length === 0 && !cli.output.json) {
        const shipped = await shippedFunctions();
        cli.output.note(
          `no function is deployed at ${gateway.url}; faasbatch function deploy echo deploys one that ships ` +
            `(${shipped.join(', ')})`,
        );
        return;
      }
      cli.output.result(functions, () => table(COLUMNS, functions.map(row), cli.output.colour));
    }),
  );
  addExamples(command, [
    ['faasbatch function list', 'what the worker has'],
    ["faasbatch function list --json | jq -r '.[].key'", 'for programs'],
  ]);
}

function row({ namespace, digest, deployedAt, manifest }: DeployedAnswer): string[] {
  const { name, kind, memoryMb, timeoutMs } = manifest;
  const deployed = deployedAt.replace('T', ' ').replace(/\.\d+Z$/, ' UTC');
  return [
    formatFunctionName({ namespace, name }),
    kind,
    `${memoryMb} MB`,
    formatMs(timeoutMs),
    digest.slice(0, 12),
    deployed,
  ];
}
