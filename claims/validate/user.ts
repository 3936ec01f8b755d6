import type { Issue } from './issues.js';
export function limitIssues(..._a: unknown[]): Issue[] { return []; }
