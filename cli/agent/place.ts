import { createHash } from 'node:crypto';
import { lstat, mkdir, realpath } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { sealedError } from '../sealed/errors.js';
import { ioError, systemCode } from '../store/errors.js';

/** `sun_path` holds 108 bytes on Linux and 104 on macOS, with its final zero. */
const MAX_SOCKET_PATH_BYTES = 103;

/** Where the agent of a keystore listens: a socket in a folder that only this user may enter. */
export async function socketFile(keystore: string): Promise<string> {
  const real = await realpath(keystore).catch(() => path.resolve(keystore));
  const name = `${createHash('sha256').update(real).digest('hex').slice(0, 24)}.sock`;
  const own = process.env.XDG_RUNTIME_DIR ? path.join(process.env.XDG_RUNTIME_DIR, 'natsctl', name) : null;
  if (own !== null && Buffer.byteLength(own) <= MAX_SOCKET_PATH_BYTES) return own;
  const file = path.join(tmpdir(), `natsctl-${userInfo().uid}`, name);
  if (Buffer.byteLength(file) <= MAX_SOCKET_PATH_BYTES) return file;
  throw sealedError('ERR_AGENT_FOLDER', `the path of the agent's socket is too long: ${file}`, {
    hint: 'name a shorter folder with XDG_RUNTIME_DIR',
  });
}

/** Makes the folder of the socket. @throws ERR_AGENT_FOLDER where it is not ours alone */
export async function makeSocketFolder(file: string): Promise<void> {
  const folder = path.dirname(file);
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw ioError(error, 'write', folder);
  }
  const reason = await notOurs(folder);
  if (reason === null) return;
  throw sealedError('ERR_AGENT_FOLDER', `the agent's folder ${folder} is refused: ${reason}`, {
    hint: 'remove that folder, or name another with XDG_RUNTIME_DIR',
    details: { folder },
  });
}

/** Why others could stand between an agent in this folder and us; null where they cannot. */
export async function notOurs(folder: string): Promise<string | null> {
  try {
    const stat = await lstat(folder);
    if (!stat.isDirectory()) return 'it is no folder';
    if (stat.uid !== userInfo().uid) return 'it belongs to someone else';
    return (stat.mode & 0o077) === 0 ? null : `others may enter it (mode ${(stat.mode & 0o777).toString(8)})`;
  } catch (error) {
    return systemCode(error) ?? 'it cannot be looked at';
  }
}
