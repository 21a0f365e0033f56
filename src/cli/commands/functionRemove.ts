import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { addConfigFlags } from '../configFlags.ts';
import { addExamples } from '../examples.ts';
import { GATEWAY_FLAGS, withGateway } from '../withGateway.ts';

export function define(command: Command, cli: Cli): void {
  command.argument('<function>', 'name, or namespace/name');
  addConfigFlags(command, GATEWAY_FLAGS);
  command.action((name: string) =>
    withGateway(command, cli, async (gateway) => {
      const { key } = await gateway.function(name);
      await gateway.remove(name);
      cli.output.result({ removed: key }, () => `removed ${name} (${key}); what was accepted before still ends`);
    }),
  );
  addExamples(command, [['faasbatch function remove hello', 'it takes no more calls; what runs ends']]);
}
