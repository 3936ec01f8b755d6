import type { Reporter, TestCase } from 'vitest/node';

/** The last line of a run: `N passed, N failed`, with `, N skipped` only where something was skipped. */
export class ClosingLine implements Reporter {
  private readonly counts = { passed: 0, failed: 0, skipped: 0, pending: 0 };

  onTestCaseResult(test: TestCase): void {
    this.counts[test.result().state] += 1;
  }

  onTestRunEnd(modules: Parameters<NonNullable<Reporter['onTestRunEnd']>>[0], errors: readonly unknown[]): void {
    // A file that cannot be loaded, and an error outside any test, are failures too.
    const broken = modules.filter((module) => module.state() === 'failed' && module.errors().length > 0).length;
    const failed = this.counts.failed + broken + errors.length;
    const skipped = this.counts.skipped > 0 ? `, ${this.counts.skipped} skipped` : '';
    process.stdout.write(`\n${this.counts.passed} passed, ${failed} failed${skipped}\n`);
  }
}
