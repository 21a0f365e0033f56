import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import type { Cli } from '../../src/cli/cli.ts';
import { addConfigFlags, configFor } from '../../src/cli/configFlags.ts';
import { EXIT } from '../../src/cli/exitCodes.ts';
import { Output } from '../../src/cli/output.ts';
import type { ResolvedConfig } from '../../src/config/resolve.ts';
import { describeSource } from '../../src/config/source.ts';

const PATHS = ['worker.dispatchIntervalMs', 'worker.strategyParameters', 'worker.release', 'worker.maxPayloadBytes'];
const environment = { FAASBATCH_DISPATCH_INTERVAL_MS: '50', FAASBATCH_RELEASE: 'batch' };
const sink = { write: () => {} };

function commandWithFlags(): { program: Command; command: Command } {
  const program = new Command('faasbatch').exitOverride().option('--home <folder>').option('--config <file>');
  const command = program.command('up').action(() => {});
  addConfigFlags(command, PATHS);
  return { program, command };
}

async function resolvedWith(...typed: string[]): Promise<ResolvedConfig> {
  const { program, command } = commandWithFlags();
  await program.parseAsync(['up', ...typed], { from: 'user' });
  const output = new Output({ json: false, quiet: false, stdout: sink, stderr: sink, environment });
  const cli: Cli = {
    output,
    folder: '/nowhere',
    environment,
    exitCode: EXIT.ok,
    config: async () => configFor(command, cli),
  };
  return await cli.config(command);
}

describe('flags of the configuration', () => {
  test('win over the environment where they are typed, and only there', async () => {
    const config = await resolvedWith('--dispatch-interval', '0.1s', '--max-payload', '1MB');
    expect(config.worker).toMatchObject({ dispatchIntervalMs: 100, maxPayloadBytes: 2 ** 20, release: 'batch' });
    const sources = config.settings.filter(({ field }) => PATHS.includes(field.path));
    expect(Object.fromEntries(sources.map(({ field, source }) => [field.key, describeSource(source)]))).toEqual({
      dispatchIntervalMs: '--dispatch-interval',
      strategyParameters: 'default',
      release: 'FAASBATCH_RELEASE',
      maxPayloadBytes: '--max-payload',
    });
  });

  test('of parameters can be repeated', async () => {
    const { worker } = await resolvedWith('--set', 'window=arrival', '--set', 'depth=3');
    expect(worker.strategyParameters).toEqual({ window: 'arrival', depth: 3 });
  });

  test('come with the shared ones', async () => {
    expect((await resolvedWith('--home', 'here')).common.home).toBe('/nowhere/here');
  });

  test('are refused by their field, and named', async () => {
    await expect(resolvedWith('--release', 'all')).rejects.toThrow(
      'worker.release: "all" must be one of each, batch (from --release)',
    );
  });

  test('are explained as the schema explains them', () => {
    const help = commandWithFlags().command.configureHelp({ helpWidth: 200 }).helpInformation();
    expect(help).toMatch(/--dispatch-interval <duration> +the window in which invocations gather \(default: 200 ms\)/);
    expect(help).toMatch(/--release <name> .*\(each, batch\) \(default: each\)/);
    expect(help).toMatch(/--set <name=value> /);
  });

  test('are never secrets, and always fields', () => {
    expect(() => addConfigFlags(new Command(), ['store.password'])).toThrow('store.password');
    expect(() => addConfigFlags(new Command(), ['worker.prot'])).toThrow('worker.prot');
  });
});
