import http from 'node:http';
import https from 'node:https';
import { parseStrictJson } from '../../../claims/jwt/json.js';

/** A set of a hundred RSA keys with their certificates has less. */
const MAX_BYTES = 262_144;

/** One GET: bounded in size, and by its signal in time. A redirect is an error: followed, it would let another host answer. */
export async function getJson(url: URL, options: { signal: AbortSignal; ca?: string | undefined }): Promise<unknown> {
  const client = url.protocol === 'https:' ? https : http;
  const headers = { accept: 'application/json', 'user-agent': 'natsctl' };
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    // A connection of its own: minutes pass until the next one.
    const request = client.get(url, { ...options, headers, agent: false });
    request.once('response', resolve);
    request.once('error', reject);
  });
  try {
    if (response.statusCode !== 200) throw new Error(`${url.href} answers ${response.statusCode}`);
    return parseStrictJson(await boundedText(response, url));
  } finally {
    response.destroy();
  }
}

async function boundedText(response: http.IncomingMessage, url: URL): Promise<string> {
  let size = 0;
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new Error(`${url.href} answers with more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
