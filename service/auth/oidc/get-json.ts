import http from 'node:http';
import https from 'node:https';
import { parseStrictJson } from '../../../claims/jwt/json.js';
import { readAnswer } from '../../outbound/answer.js';

/** A set of a hundred RSA keys with their certificates has less. */
const MAX_BYTES = 262_144;

/**
 * One GET from an issuer, bounded in size, and by its signal in time. A redirect is an error: followed, it would let another host
 * answer. Not by way of the guard of service/outbound: whoever runs the service names the issuer, which may well be inside.
 */
export async function getJson(url: URL, options: { signal: AbortSignal; ca?: string | undefined }): Promise<unknown> {
  const client = url.protocol === 'https:' ? https : http;
  const headers = { accept: 'application/json', 'user-agent': 'natsctl' };
  // A connection of its own: minutes pass until the next one.
  const request = client.request(url, { ...options, headers, agent: false });
  const answer = await readAnswer(request, undefined, MAX_BYTES, 'refuse');
  if (answer.status !== 200) throw new Error(`${url.href} answers ${answer.status}`);
  return parseStrictJson(await answer.text());
}
