import type { Command } from 'commander';
import { thisHost } from '../../config/host.ts';
import type { Cli } from '../cli.ts';
import type { Style } from '../colour.ts';
import { addExamples } from '../examples.ts';
import { EXIT } from '../exitCodes.ts';
import { probeCgroup } from '../probes/cgroup.ts';
import type { Finding } from '../probes/finding.ts';
import {
  probeCores,
  probeHome,
  probeMemory,
  probeNode,
  probeOpenFiles,
  probeProc,
  probeSockets,
} from '../probes/host.ts';

const MARKS: Record<Finding['status'], readonly [mark: string, style: Style]> = {
  ok: ['ok', 'green'],
  absent: ['-', 'dim'],
  warning: ['!', 'yellow'],
  problem: ['x', 'red'],
};

export function define(command: Command, cli: Cli): void {
  command.action(async () => {
    const findings = await examine(command, cli);
    const problems = findings.filter((finding) => finding.status === 'problem');
    if (problems.length > 0) cli.exitCode = EXIT.failure;
    cli.output.result({ ok: problems.length === 0, findings }, () => describe(findings, cli));
    cli.output.note(problems.length === 0 ? '\nall that is needed is here' : `\nto be mended: ${names(problems)}`);
  });
  addExamples(command, [
    ['faasbatch doctor', 'what there is, and what each missing thing would add'],
    ['COUCHDB_URL=http://127.0.0.1:5984 faasbatch doctor', 'does that CouchDB answer, and know us?'],
    ["faasbatch doctor --json | jq '.findings[].name'", 'for programs'],
  ]);
}

async function examine(command: Command, cli: Cli): Promise<Finding[]> {
  const config = await cli.config(command);
  const [{ probeDocker }, { probeRedis }, { probeStore }] = await Promise.all([
    import('../probes/docker.ts'),
    import('../probes/redis.ts'),
    import('../probes/store.ts'),
  ]);
  const services = await Promise.all([probeStore(config.store), probeRedis(config.common.redisUrl), probeDocker()]);
  return [
    probeNode(),
    probeCores(),
    probeMemory(thisHost(cli.environment)),
    probeHome(config.common.home),
    probeSockets(cli.environment),
    probeOpenFiles(),
    probeProc(),
    probeCgroup(),
    ...services,
  ];
}

function describe(findings: readonly Finding[], cli: Cli): string {
  const { colour } = cli.output;
  const width = Math.max(...findings.map((finding) => finding.name.length));
  const indent = ' '.repeat(4 + width + 2);
  return findings
    .map(({ name, status, found, meaning }) => {
      const [mark, style] = MARKS[status];
      const line = `${colour(style, mark.padEnd(4))}${name.padEnd(width)}  ${found}`;
      return meaning === undefined ? line : `${line}\n${indent}${colour('dim', meaning)}`;
    })
    .join('\n');
}

function names(findings: readonly Finding[]): string {
  return findings.map((finding) => finding.name).join(', ');
}
