import { bootId } from '../../src/lib/clock.ts';
import { processStartTime } from '../../src/lib/processIdentity.ts';
import { invocationDocument, runContextOf } from '../../src/results/invocationDocument.ts';
import { type RunDocument, runDocument } from '../../src/results/runDocument.ts';
import type { RunManifest } from '../../src/results/runFolder.ts';
import { SummaryBuilder } from '../../src/results/summary.ts';
import { clientRecord, newRun, platformRecord } from './resultRecords.ts';

const HOST = { hostname: 'bench', cpu: 'EPYC', cores: 2, memoryBytes: 2 ** 34 };

/** As a run stands in the store: `calls` of them as resultRecords.ts makes them, added up. */
export function storedRun(runId: string, changes: Partial<RunManifest> = {}, calls = 4): RunDocument {
  const manifest: RunManifest = {
    runId,
    startedAt: '2026-11-21T02:45:12.000Z',
    epochAt: 1_000,
    bootId: 'another boot',
    owner: { pid: 1, startTime: 'long ago' },
    host: HOST,
    ...newRun({ scheduled: calls }),
    ...changes,
  };
  const summary = new SummaryBuilder(manifest);
  for (let sequence = 0; sequence < calls; sequence += 1) {
    const halves = [clientRecord(manifest, sequence), platformRecord(manifest, sequence)] as const;
    summary.add(invocationDocument(runContextOf(manifest), ...halves));
  }
  return runDocument(manifest, summary.finish({}));
}

/** The same without a summary: the run goes on, or its process died. */
export function openRun(runId: string, changes: Partial<RunManifest> = {}): RunDocument {
  return { ...storedRun(runId, changes), summary: null };
}

/** What makes a run one of this very process. */
export function ofThisProcess(): Pick<RunManifest, 'bootId' | 'owner'> {
  return { bootId: bootId(), owner: { pid: process.pid, startTime: processStartTime(process.pid) ?? '' } };
}
