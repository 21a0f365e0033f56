import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readJournal } from '../../src/containers/journal.ts';
import { RECORD_BYTES, RECORDS } from '../../src/protocol/startedJournal.ts';
import { startHandler } from '../helpers/containerHarness.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faasbatch-journal-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** The journal as the handler itself finds it when it is called: nothing that happens to the process can undo that. */
const READS_JOURNAL = `import { readdirSync, readFileSync } from 'node:fs';
export default ({ folder }) => readdirSync(folder).map((name) => readFileSync(folder + '/' + name, 'hex')).join('');`;

describe('the journal of what began', () => {
  it('names a call before its handler is called', async () => {
    const container = await startHandler(READS_JOURNAL, {
      kind: 'cpu',
      concurrency: 1,
      journal: join(folder, 'begun'),
    });
    const batch = container.invoke([{ event: { folder } }, { event: { folder } }]);
    const outcomes = await batch.done();
    const record = (index: number) =>
      `${batch.stream.toString(16).padStart(8, '0')}${(index + 1).toString(16).padStart(8, '0')}`;
    expect(outcomes.map(({ body }) => body.toString())).toEqual([record(0), record(0) + record(1)]);
    expect(readJournal(join(folder, 'begun'))).toEqual([
      { stream: batch.stream, index: 0 },
      { stream: batch.stream, index: 1 },
    ]);
  });

  it('is a ring: it does not grow', async () => {
    const container = await startHandler('export default () => 1;', { journal: join(folder, 'begun') });
    for (let round = 0; round < 5; round += 1) await container.invoke(Array.from({ length: 1_000 }, () => ({}))).done();
    const sizes = readdirSync(folder).map((name) => readFileSync(join(folder, name)).length);
    expect(sizes).toEqual([RECORDS * RECORD_BYTES]);
    expect(readJournal(join(folder, 'begun'))).toHaveLength(RECORDS);
  });

  it('is not kept where none is asked for', async () => {
    const container = await startHandler(READS_JOURNAL);
    const [outcome] = await container.invoke([{ event: { folder } }]).done();
    expect(outcome?.body.toString()).toBe('');
    expect(readJournal(join(folder, 'begun'))).toEqual([]);
  });
});
