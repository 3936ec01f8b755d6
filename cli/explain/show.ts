import type { Step } from '../../claims/explain/step.js';
import { safeText } from '../output/safe-text.js';

const MARKS: Record<Step['outcome'], string> = {
  pass: 'passed ',
  fail: 'FAILED ',
  unknown: 'unknown',
  warn: 'warning',
  info: '       ',
};

/** One step a line; what decides it and what to do below it, where there is something to do. */
export function showSteps(steps: readonly Step[], nameOf: (key: string) => string): string {
  return steps
    .map(({ outcome, check, message, token, code, hint }) => {
      const where = token === undefined ? '' : ` (${token.kind} ${nameOf(token.key)}${token.path})`;
      const reason = code === undefined ? '' : ` [${code}]`;
      const next = hint === undefined || outcome === 'pass' ? '' : `\n           ${safeText(hint)}`;
      return `${MARKS[outcome]}  ${check.padEnd(20)}  ${safeText(`${message}${where}`)}${reason}${next}\n`;
    })
    .join('');
}
