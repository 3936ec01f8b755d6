/** The operations a client may send. MSG, HMSG, RS+, LS+, A+ are another peer's and unknown here (P3). */
export enum Verb {
  Unknown = -1,
  Incomplete = 0,
  Pub = 1,
  Hpub = 2,
  Sub = 3,
  Unsub = 4,
  Connect = 5,
  Info = 6,
  Err = 7,
  Ping = 8,
  Pong = 9,
  Ok = 10,
}

const NAMES: readonly [Verb, string][] = [
  [Verb.Pub, 'PUB'],
  [Verb.Hpub, 'HPUB'],
  [Verb.Sub, 'SUB'],
  [Verb.Unsub, 'UNSUB'],
  [Verb.Connect, 'CONNECT'],
  [Verb.Info, 'INFO'],
  [Verb.Err, '-ERR'],
  [Verb.Ping, 'PING'],
  [Verb.Pong, 'PONG'],
  [Verb.Ok, '+OK'],
];

/** Length of a verb's name, by verb. */
export const VERB_LENGTH: Readonly<Record<number, number>> & { [verb: number]: number } = Object.fromEntries(
  NAMES.map(([verb, name]) => [verb, name.length]),
);

/** PING, PONG and +OK swallow everything up to the LF (P1); the others need a blank and arguments. */
export function hasArguments(verb: Verb): boolean {
  return verb < Verb.Ping;
}

/** Reads the verb at `start`: in any letter case, `Incomplete` while what is there could still become one. */
export function readVerb(buf: Uint8Array, start: number, end: number): Verb {
  for (const [verb, name] of NAMES) {
    let i = 0;
    while (i < name.length && start + i < end && upper(buf[start + i] as number) === name.charCodeAt(i)) i++;
    if (i === name.length) return verb;
    if (i > 0 && start + i === end) return Verb.Incomplete;
  }
  return Verb.Unknown;
}

function upper(byte: number): number {
  return byte >= 97 && byte <= 122 ? byte - 32 : byte;
}
