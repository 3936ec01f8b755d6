import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/**
 * The programs our tests meet and npm cannot install. They are looked for in `NATSCTL_PEERS` (or the cache folder `.ci/run`
 * fills), then on PATH. A test whose peer is absent is skipped; a peer named in `NATSCTL_REQUIRED_PEERS` must be there
 * (test/interop/peers.test.ts fails otherwise), so CI cannot skip by accident.
 */
export const PEERS = [
  'nats-server',
  'nats-server@2.9',
  'nats',
  'nsc',
  'bao',
  'python3',
  'bash',
  'zsh',
  'fish',
] as const;
export type Peer = (typeof PEERS)[number];

const found = new Map<Peer, string | undefined>();

/** Path of the peer, or undefined where it is absent. `nats-server` is the newest one found, 2.10 or later. */
export function peer(name: Peer): string | undefined {
  if (!found.has(name)) found.set(name, look(name));
  return found.get(name);
}

export function requiredPeers(): Peer[] {
  return (process.env.NATSCTL_REQUIRED_PEERS ?? '').split(/\s+/).filter(Boolean) as Peer[];
}

function look(name: Peer): string | undefined {
  const candidates = folders().flatMap((folder) => executable(path.join(folder, name.replace(/@.*/, ''))));
  if (!name.startsWith('nats-server')) return candidates[0];
  const old = name.endsWith('@2.9');
  return candidates.find((file) => / v?2\.9\./.test(execFileSync(file, ['--version'], { encoding: 'utf8' })) === old);
}

function folders(): string[] {
  const cache = path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'natsctl-peers');
  const onPath = (process.env.PATH ?? '').split(path.delimiter);
  return [process.env.NATSCTL_PEERS ?? cache, ...onPath, '/usr/sbin'].filter(Boolean);
}

function executable(file: string): string[] {
  try {
    accessSync(file, constants.X_OK);
    return [file];
  } catch {
    return [];
  }
}
