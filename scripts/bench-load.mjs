/**
 * The load of scripts/bench-broker.mjs, over bare sockets so that the client costs little: it counts bytes instead of reading messages.
 * Run as `bench-load.mjs publish|subscribe URL CREDS SIZE MESSAGES SUBSCRIBERS`.
 */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseCreds } from '../dist/claims/creds.js';
import { seedSigner } from '../dist/claims/keys/signer.js';

const SUBJECT = 'bench.subject';
const BATCH_BYTES = 64 * 1024;

export function readUser(credsFile) {
  const { token, seed } = parseCreds(readFileSync(credsFile, 'utf8'));
  return { token, signer: seedSigner(seed) };
}

/** A socket that is signed in: INFO read, nonce signed, PONG seen. */
export function signIn(url, { token, signer }) {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    socket.setNoDelay(true);
    let text = '';
    let told = false;
    const read = (chunk) => {
      text += chunk.toString('latin1');
      if (!told && text.includes('\r\n')) {
        told = true;
        const { nonce } = JSON.parse(text.slice('INFO '.length, text.indexOf('\r\n')));
        const sig = Buffer.from(signer.sign(Buffer.from(nonce))).toString('base64url');
        const options = { jwt: token, sig, verbose: false, pedantic: false, protocol: 0 };
        socket.write(`CONNECT ${JSON.stringify(options)}\r\nPING\r\n`);
      } else if (text.includes('PONG\r\n')) {
        socket.off('data', read);
        resolve(socket);
      } else if (text.includes('-ERR')) {
        reject(new Error(text.trim()));
      }
    };
    socket.on('error', reject);
    socket.on('data', read);
  });
}

/** Tells its parent when all are subscribed, and again when each has every byte. */
async function subscribe(url, user, size, messages, subscribers) {
  const expected = messages * (`MSG ${SUBJECT} 1 ${size}\r\n`.length + size + 2);
  const sockets = await Promise.all(Array.from({ length: subscribers }, () => signIn(url, user)));
  let ready = 0;
  let whole = 0;
  for (const socket of sockets) {
    let received = -'PONG\r\n'.length;
    socket.on('data', (chunk) => {
      if (received < 0 && ++ready === subscribers) process.send('ready');
      received += chunk.length;
      if (received === expected && ++whole === subscribers) {
        process.send('done');
        for (const one of sockets) one.destroy();
        process.disconnect();
      }
    });
    socket.write(`SUB ${SUBJECT} 1\r\nPING\r\n`);
  }
}

async function publish(url, user, size, messages) {
  const socket = await signIn(url, user);
  const message = `PUB ${SUBJECT} ${size}\r\n${'x'.repeat(size)}\r\n`;
  const perBatch = Math.max(1, Math.floor(BATCH_BYTES / message.length));
  const batch = Buffer.from(message.repeat(perBatch));
  let left = messages;
  const send = () => {
    while (left > 0) {
      const count = Math.min(left, perBatch);
      left -= count;
      if (!socket.write(count === perBatch ? batch : batch.subarray(0, count * message.length))) {
        socket.once('drain', send);
        return;
      }
    }
    socket.end(() => process.disconnect());
  };
  send();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [role, url, creds, size, messages, subscribers] = process.argv.slice(2);
  const run = role === 'publish' ? publish : subscribe;
  await run(url, readUser(creds), Number(size), Number(messages), Number(subscribers));
}
