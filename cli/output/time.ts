/** Unix seconds as people read them; `never` for none. */
export function showTime(seconds: number | undefined): string {
  if (seconds === undefined || seconds === 0) return 'never';
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString().replace('.000Z', 'Z');
}
