import type { Command } from 'commander';
import { formatFunctionName, parseFunctionName } from '../../functions/name.ts';
import { FaasError } from '../../protocol/errors.ts';
import type { Cli } from '../cli.ts';
import { addConfigFlags } from '../configFlags.ts';
import { addExamples } from '../examples.ts';
import { type FoundFunction, findFunction, SHIPPED_EVENTS } from '../functionSource.ts';
import { usageError } from '../usage.ts';
import { GATEWAY_FLAGS, typedUrl, withGateway } from '../withGateway.ts';

interface DeployOptions {
  readonly name?: string;
  readonly namespace?: string;
}

export function define(command: Command, cli: Cli): void {
  command
    .argument('<folder>', 'the folder with function.yaml and the code; or the name of a function that ships')
    .option('--name <name>', 'deploy it under this name (default: the one in function.yaml)')
    .option('--namespace <namespace>', 'put it into this namespace; it is called as namespace/name then');
  addConfigFlags(command, GATEWAY_FLAGS);
  command.action((folder: string, options: DeployOptions) => deploy(folder, options, command, cli));
  addExamples(command, [
    ['faasbatch function deploy ./hello', 'deploy the function in this folder; again after each change'],
    ['faasbatch function deploy ./hello --name hello2', 'the same code under another name'],
    ['faasbatch function deploy echo', 'one that ships: echo, fib, sleep, spin, …'],
  ]);
}

async function deploy(folder: string, options: DeployOptions, command: Command, cli: Cli): Promise<void> {
  const found = await findFunction(folder, cli.folder);
  const source = named(found, options.name);
  const name = fullName(source.manifest.name, options.namespace);
  await withGateway(command, cli, async (gateway) => {
    if (found.shipped)
      cli.output.note(`there is no folder ${folder} here: deploying the ${folder} that ships with faasbatch`);
    const { deployed, changed } = await gateway.deploy(name, source);
    const bytes = source.files.reduce((sum, file) => sum + file.bytes.byteLength, 0);
    const size = { files: source.files.length, bytes };
    cli.output.result({ ...deployed, name, changed, folder: found.path, ...size }, () =>
      [
        changed ? `deployed ${name}` : `${name} is deployed already, with this very content`,
        `  version  ${deployed.key}`,
        `  digest   sha256 ${deployed.digest}`,
      ].join('\n'),
    );
    const event = found.shipped ? SHIPPED_EVENTS[folder] : undefined;
    const data = event === undefined ? '' : ` --data '${JSON.stringify(event)}'`;
    cli.output.note(`\nnext:\n  faasbatch invoke ${name}${data}${typedUrl(command)}`);
  });
}

function named({ source }: FoundFunction, name: string | undefined): FoundFunction['source'] {
  return name === undefined ? source : { ...source, manifest: { ...source.manifest, name } };
}

/** @throws FaasError `usage` */
function fullName(name: string, namespace: string | undefined): string {
  try {
    return formatFunctionName(parseFunctionName(namespace === undefined ? name : `${namespace}/${name}`));
  } catch (thrown) {
    throw thrown instanceof FaasError ? usageError(`--${thrown.message}`) : thrown;
  }
}
