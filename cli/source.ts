import { createReadStream } from 'node:fs';
import process from 'node:process';
import { request } from '../resolver/request.js';
import { cliError } from './errors.js';
import { ioError, systemCode } from './store/errors.js';

/** What a command reads because the person named it: a file, a pipe of the shell (`<(...)`), or `-` for stdin. Bounded. */
export async function readInput(file: string, options: { maxBytes: number }): Promise<Buffer> {
  const name = file === '-' ? 'stdin' : file;
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of file === '-' ? process.stdin : createReadStream(file)) {
      size += (chunk as Buffer).length;
      if (size > options.maxBytes) {
        throw cliError('ERR_DATA_TOO_LARGE', `${name} holds more than ${options.maxBytes} bytes`, {
          details: { file: name, maxBytes: options.maxBytes },
        });
      }
      chunks.push(chunk as Buffer);
    }
  } catch (error) {
    if (systemCode(error) === 'ENOENT') {
      throw cliError('ERR_SOURCE', `there is no file ${file}`, {
        hint: 'check the name; - reads stdin',
        details: { file },
        cause: error,
      });
    }
    throw ioError(error, 'read', name);
  }
  return Buffer.concat(chunks);
}

/** How long a URL may take to answer; the patience of nsc's push. */
const URL_TIMEOUT_MS = 5_000;

/** As `readInput`, as text, and from an address too: no other host than the one that was named is asked. */
export async function readSource(source: string, options: { maxBytes: number }): Promise<string> {
  if (!/^https?:\/\//i.test(source)) return (await readInput(source, options)).toString('utf8');
  const url = URL.canParse(source) ? new URL(source) : null;
  if (url === null) throw cliError('ERR_URL_INVALID', `not an address: ${source}`);
  const answer = await request(url, { timeoutMs: URL_TIMEOUT_MS });
  if (answer.status === 200) return answer.body;
  throw cliError('ERR_SOURCE', `${url.origin}${url.pathname} answers ${answer.status}`);
}
