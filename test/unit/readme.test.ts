import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROJECT_ROOT } from '../helpers/projectRoot.ts';
import { commandsIn, readmeCommands } from '../helpers/readmeCommands.ts';

/** Where CI runs what the end-to-end test of the README leaves out: the text in .ci/run that does so. */
const RUN_BY_CI: Readonly<Record<string, string>> = {
  'npm ci && npm run replay': '\nnpm run replay\n',
  'npm ci && INSTALL_SERVICES=1 npm test': 'INSTALL_SERVICES=1 REQUIRE_SERVICES=1 npm test',
  'npm run check': '\nnpm run check\n',
  'npm run bench -- all --quick': '\nnpm run bench -- all --quick --check\n',
};

describe("the README's commands", () => {
  it('are read from its fences', () => {
    const page = '```sh\none --a \\\n  --b   # why\n# only a comment\ntwo | three\n```\n\n```json\n{"not": 1}\n```\n';
    expect(commandsIn(page)).toEqual(['one --a --b', 'two | three']);
  });

  it('follow a picture of real output', () => {
    const page = readFileSync(join(PROJECT_ROOT, 'README.md'), 'utf8');
    const [, picture = ''] = /```text\n([\s\S]*?)```/.exec(page) ?? [];
    for (const text of ['npm run replay', 'vanilla', 'faasbatch 200 ms', 'calls ok', '100 %│'])
      expect(picture).toContain(text);
  });

  it('that npm runs are run by CI', () => {
    const ci = readFileSync(join(PROJECT_ROOT, '.ci/run'), 'utf8');
    const npm = readmeCommands().filter((command) => command.startsWith('npm '));
    expect(npm.sort()).toEqual(Object.keys(RUN_BY_CI).sort());
    for (const text of Object.values(RUN_BY_CI)) expect(ci).toContain(text);
  });
});
