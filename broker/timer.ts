/** The longest delay a Node timer takes; longer waits are made of several. */
const MAX_DELAY_MS = 0x7fffffff;

/** Runs `action` at or soon after a unix time in seconds. Returns what cancels it. The timer keeps no process alive. */
export function atTime(unixSeconds: number, action: () => void): () => void {
  let timer: NodeJS.Timeout;
  const arm = (): void => {
    const wait = unixSeconds * 1000 - Date.now();
    timer = setTimeout(() => (unixSeconds * 1000 <= Date.now() ? action() : arm()), clamp(wait));
    timer.unref();
  };
  arm();
  return () => clearTimeout(timer);
}

function clamp(ms: number): number {
  return Math.min(Math.max(ms, 1), MAX_DELAY_MS);
}

export function unixNow(): number {
  return Math.floor(Date.now() / 1000);
}
