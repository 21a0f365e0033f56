import type { Command } from 'commander';
import { formatFunctionName } from '../../functions/name.ts';
import { formatMs } from '../../lib/duration.ts';
import type { FunctionManifest } from '../../protocol/manifest.ts';
import type { Cli } from '../cli.ts';
import type { Colour } from '../colour.ts';
import { addConfigFlags } from '../configFlags.ts';
import { addExamples } from '../examples.ts';
import type { DeployedAnswer } from '../gatewayClient.ts';
import { GATEWAY_FLAGS, withGateway } from '../withGateway.ts';

export function define(command: Command, cli: Cli): void {
  command.argument('<function>', 'name, or namespace/name');
  addConfigFlags(command, GATEWAY_FLAGS);
  command.action((name: string) =>
    withGateway(command, cli, async (gateway) => {
      const deployed = await gateway.function(name);
      cli.output.result(deployed, () => describe(deployed, gateway.url, cli.output.colour));
    }),
  );
  addExamples(command, [
    ['faasbatch function show hello', 'its version and what its manifest says, defaults included'],
    ["faasbatch function show hello --json | jq '.manifest.timeoutMs'", 'for programs'],
  ]);
}

function describe(deployed: DeployedAnswer, url: string, colour: Colour): string {
  const { key, namespace, digest, deployedAt, manifest } = deployed;
  const name = formatFunctionName({ namespace, name: manifest.name });
  const facts: readonly (readonly [string, string])[] = [
    ['version', key],
    ['digest', `sha256 ${digest}`],
    ['deployed', deployedAt],
    ['called at', `POST ${url}/functions/${encodeURIComponent(name)}/invocations`],
    ...factsOf(manifest),
  ];
  const width = Math.max(...facts.map(([fact]) => fact.length));
  return [
    colour('bold', name),
    ...facts.map(([fact, value]) => `  ${colour('dim', fact.padEnd(width))}  ${value}`),
  ].join('\n');
}

/** Values of `env` may be secrets: they are left out. */
function factsOf(manifest: FunctionManifest): (readonly [string, string])[] {
  const { kind, concurrency, cpus, maxContainers } = manifest;
  return [
    ['handler', manifest.handler],
    ['kind', kind],
    ['timeout', formatMs(manifest.timeoutMs)],
    ['memory', `${manifest.memoryMb} MB`],
    ['cpus', cpus === null ? "all of the host's" : String(cpus)],
    [
      'concurrency',
      concurrency === null ? `the default of its kind (${kind})` : `${concurrency} at once in a container`,
    ],
    ['containers', maxContainers === null ? "the worker's limit" : `${maxContainers} at most`],
    ['batch', manifest.batch ? 'the handler takes an array of events' : 'the handler takes one event'],
    ['idempotent', manifest.idempotent ? 'yes: what had started may be run again' : 'no'],
    ['network', manifest.network],
    ['multiplex', listed(manifest.multiplex)],
    ['release', listed(manifest.release)],
    ['env', listed(Object.keys(manifest.env))],
  ];
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? '-' : names.join(', ');
}
