import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PAPER_SEED, type PresetName, PUBLISHED } from './paper.ts';
import { paperCsv, presetTitle } from './paperTrace.ts';
import { sampleDataset } from './sampleDataset.ts';

/** Everything that traces/ holds beside its README: path in the folder → text. The same on every machine. */
export function generatedTraces(): Map<string, string> {
  const files = new Map<string, string>();
  for (const preset of Object.keys(PUBLISHED) as PresetName[]) {
    files.set(`${presetTitle(preset)}.csv`, paperCsv(preset, 'uniform', PAPER_SEED));
  }
  for (const [name, text] of sampleDataset()) files.set(`sample-2019/${name}`, text);
  const sums = [...files].map(([name, text]) => `${createHash('sha256').update(text).digest('hex')}  ${name}\n`);
  files.set('SHA256SUMS', sums.join(''));
  return files;
}

/** Writes them over what is there. */
export async function writeTraces(folder: string): Promise<void> {
  await mkdir(join(folder, 'sample-2019'), { recursive: true });
  for (const [name, text] of generatedTraces()) await writeFile(join(folder, name), text);
}
