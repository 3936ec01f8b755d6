/** A duration as Go's `time.Duration.String` writes it: `694µs`, `1.720848ms`, `2m3.5s`. */
export function durationText(nanoseconds: number): string {
  const ns = Math.max(0, Math.round(nanoseconds));
  if (ns === 0) return '0s';
  if (ns < 1e3) return `${ns}ns`;
  if (ns < 1e6) return `${decimal(ns, 1e3)}µs`;
  if (ns < 1e9) return `${decimal(ns, 1e6)}ms`;
  const minutes = Math.floor(ns / 60e9);
  const seconds = `${decimal(ns - minutes * 60e9, 1e9)}s`;
  if (minutes === 0) return seconds;
  if (minutes < 60) return `${minutes}m${seconds}`;
  return `${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}`;
}

function decimal(value: number, unit: number): string {
  const whole = Math.floor(value / unit);
  const rest = value - whole * unit;
  if (rest === 0) return String(whole);
  const digits = String(rest).padStart(String(unit).length - 1, '0');
  return `${whole}.${digits.replace(/0+$/, '')}`;
}

/** A round trip as connz shows it: whole microseconds below a millisecond (nats-server getRTT). */
export function rttText(nanoseconds: number): string {
  return durationText(nanoseconds > 1e3 && nanoseconds < 1e6 ? Math.floor(nanoseconds / 1e3) * 1e3 : nanoseconds);
}

/** Whole seconds with days and years (nats-server myUptime). */
export function uptimeText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  const years = Math.floor(days / 365);
  const tail = `${minutes % 60}m${seconds % 60}s`;
  if (years > 0) return `${years}y${days % 365}d${hours % 24}h${tail}`;
  if (days > 0) return `${days}d${hours % 24}h${tail}`;
  if (hours > 0) return `${hours}h${tail}`;
  if (minutes > 0) return tail;
  return `${seconds}s`;
}
