import type { Progress } from './progress.js';

/** How long work tells how far it is; a command gives what shows it. */
export type ShowProgress = (label: string, total: number) => Progress;

export const unseen: ShowProgress = () => ({ advance() {}, end() {} });
