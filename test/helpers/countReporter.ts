import { writeFileSync } from 'node:fs';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';

/** Names the file that the reporter writes its summary to. */
export const SUMMARY_FILE_VARIABLE = 'TEST_SUMMARY_FILE';

export interface TestSummary {
  readonly passed: number;
  /** Tests that failed, and files and hooks that could not run. */
  readonly failed: number;
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
}

/** As `describeWith` (services.ts) writes it. */
const REASON_IN_TITLE = / \(skipped: (.*?)\)(?= >|$)/;

/** Counts what vitest's own reporters only draw, with the reason of every skip. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const file = process.env[SUMMARY_FILE_VARIABLE];
    if (file === undefined) return;
    let passed = 0;
    let failed = unhandled.length;
    const skipped: { name: string; reason: string }[] = [];
    for (const module of modules) {
      failed += module.errors().length;
      for (const suite of module.children.allSuites()) failed += suite.errors().length;
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === 'passed') passed += 1;
        else if (result.state === 'failed') failed += 1;
        else {
          const inTitle = REASON_IN_TITLE.exec(test.fullName)?.[1];
          const name = `${module.relativeModuleId} > ${test.fullName.replace(REASON_IN_TITLE, '')}`;
          const note = result.state === 'skipped' ? result.note : 'it did not finish';
          skipped.push({ name, reason: note ?? inTitle ?? 'no reason given' });
        }
      }
    }
    writeFileSync(file, JSON.stringify({ passed, failed, skipped } satisfies TestSummary));
  }
}
