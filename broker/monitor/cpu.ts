/** Shorter spans say little; nats-server's pse samples once a second too. */
const SPAN_MS = 1_000;

/** Share of one core that this process used lately, in percent with one digit. */
export function cpuMeter(): () => number {
  let since = process.hrtime.bigint();
  let used = process.cpuUsage();
  let percent = 0;
  return () => {
    const now = process.hrtime.bigint();
    const ms = Number(now - since) / 1e6;
    if (ms >= SPAN_MS) {
      const { user, system } = process.cpuUsage(used);
      percent = Math.round((user + system) / ms) / 10;
      since = now;
      used = process.cpuUsage();
    }
    return percent;
  };
}
