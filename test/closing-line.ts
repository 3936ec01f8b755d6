import process from 'node:process';
import type { Reporter, TestCase } from 'vitest/node';
import { PEERS, peer } from './peers.js';

/** The last line of a run: `N passed, N failed`, with `, N skipped` only where something was skipped. */
export class ClosingLine implements Reporter {
  private readonly counts = { passed: 0, failed: 0, skipped: 0, pending: 0 };

  onTestCaseResult(test: TestCase): void {
    this.counts[test.result().state] += 1;
  }

  onTestRunEnd(modules: Parameters<NonNullable<Reporter['onTestRunEnd']>>[0], errors: readonly unknown[]): void {
    // A file that cannot be loaded, and an error outside any test, are failures too.
    const broken = modules.filter((module) => module.state() === 'failed' && module.errors().length > 0).length;
    const checks = (process.env.NATSCTL_FAILED_CHECKS ?? '').split(' ').filter(Boolean);
    const failed = this.counts.failed + broken + errors.length + checks.length;
    const skipped = this.counts.skipped > 0 ? `, ${this.counts.skipped} skipped` : '';
    if (checks.length > 0) process.stdout.write(`\nfailed before the tests: ${checks.join(', ')} (see the top)\n`);
    if (this.counts.skipped > 0) {
      const absent = PEERS.filter((name) => peer(name) === undefined);
      if (absent.length > 0) {
        process.stdout.write(
          `\nnot found, so their tests were skipped: ${absent.join(', ')} (.ci/run installs them)\n`,
        );
      }
    }
    process.stdout.write(`\n${this.counts.passed} passed, ${failed} failed${skipped}\n`);
  }
}
