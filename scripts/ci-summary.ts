/**
 * Sums up a run of `.ci/run` from the reports in test-results: prints 'N passed, N failed' as the
 * last line and exits with 1 when anything failed. A step that failed without a failed test in its
 * report (lint, say, or a crash) counts as one failure.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

const folder = join(import.meta.dirname, '../test-results');

interface Counts {
  passed: number;
  failed: number;
}

const vitestReport = z
  .object({ numPassedTests: z.number(), numFailedTests: z.number() })
  .transform((report): Counts => ({
    passed: report.numPassedTests,
    failed: report.numFailedTests,
  }));
const playwrightReport = z
  .object({ stats: z.object({ expected: z.number(), flaky: z.number(), unexpected: z.number() }) })
  .transform(({ stats }): Counts => ({
    passed: stats.expected + stats.flaky,
    failed: stats.unexpected,
  }));
const checksReport = z.object({ passed: z.number(), failed: z.number() });

/** Step of `.ci/run` → the report that it leaves. */
const reports = {
  unit: { file: 'unit.json', schema: vitestReport },
  e2e: { file: 'e2e.json', schema: playwrightReport },
  dist: { file: 'dist.json', schema: checksReport },
  data: { file: 'slow.json', schema: vitestReport },
} as const;

function countsOf(step: string, status: number): Counts {
  const report = Object.entries(reports).find(([name]) => name === step)?.[1];
  const path = report && join(folder, report.file);
  const counts: Counts =
    report && path && existsSync(path)
      ? report.schema.parse(JSON.parse(readFileSync(path, 'utf8')))
      : { passed: 0, failed: 0 };
  return status !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

const steps = readFileSync(join(folder, 'steps.txt'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => {
    const [name = '', status = '1'] = line.split(' ');
    return { name, ...countsOf(name, Number(status)) };
  });
for (const { name, passed, failed } of steps) {
  process.stdout.write(`${name}: ${passed} passed, ${failed} failed\n`);
}
const total = (key: keyof Counts): number => steps.reduce((sum, step) => sum + step[key], 0);
process.stdout.write(`${total('passed')} passed, ${total('failed')} failed\n`);
process.exitCode = total('failed') === 0 ? 0 : 1;
