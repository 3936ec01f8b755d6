import type { IssuePath, Report } from './issues.js';

/** Of a description and of a URL (nats-io/jwt `MaxInfoLength`). */
export const MAX_INFO_BYTES = 8 * 1024;

/** The two texts that accounts and exports have for people. */
export function checkInfo(info: { description?: string; info_url?: string }, at: IssuePath, report: Report): void {
  if (info.description !== undefined && Buffer.byteLength(info.description, 'utf8') > MAX_INFO_BYTES) {
    report('ERR_DESCRIPTION_TOO_LONG', [...at, 'description'], `the description has more than ${MAX_INFO_BYTES} bytes`);
  }
  if (info.info_url === undefined) return;
  if (Buffer.byteLength(info.info_url, 'utf8') > MAX_INFO_BYTES) {
    report('ERR_INFO_URL', [...at, 'info_url'], `the info URL has more than ${MAX_INFO_BYTES} bytes`);
  } else if (!hasSchemeAndHost(info.info_url)) {
    report('ERR_INFO_URL', [...at, 'info_url'], 'the info URL is not a URL with scheme and host');
  }
}

function hasSchemeAndHost(text: string): boolean {
  return URL.canParse(text) && new URL(text).hostname !== '';
}
