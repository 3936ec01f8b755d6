import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { exportAuditTo } from '../../../cli/audit/export.js';
import { listAudit } from '../../../cli/audit/list.js';
import { verifyAuditOf } from '../../../cli/audit/verify.js';
import { testFolder } from './folder.js';
import { makeOperator, runService, type TestService } from './service.js';

let folder: string;
beforeEach(async () => {
  folder = await testFolder();
});
const rest = ({ url, adminToken }: TestService) => ({ base: url, accessToken: adminToken, timeoutMs: 5_000 });

/** Claims as another encoder writes them, which do not survive being read and written again. */
const ESCAPED = { name: 'shop', description: '<a & b>' };

describe('an export of the audit', () => {
  it('is proved on its own, by a checkpoint and over REST; whatever is done to it is found', {
    timeout: 60_000,
  }, async () => {
    const service = await runService();
    await service.api('POST', '/accounts', ESCAPED);
    const early = await exportAuditTo(rest(service), path.join(folder, 'early.jsonl'), false);
    expect(early.checkpoint.seq).toBe(early.entries);
    expect((await stat(early.file ?? '')).mode & 0o777).toBe(0o600);
    await service.api('POST', '/accounts', { name: 'other' });
    const late = path.join(folder, 'late.jsonl');
    await exportAuditTo(rest(service), late, false);
    const trust = { checkpoint: early.file ?? '' };
    expect(await verifyAuditOf(late, trust)).toMatchObject({
      whole: true,
      faults: [],
      checkpoint: early.entries,
      publicKey: early.checkpoint.publicKey,
    });
    expect(await verifyAuditOf(rest(service), trust)).toMatchObject({ whole: true, source: service.url });

    const lines = (await readFile(late, 'utf8')).trimEnd().split('\n');
    const judge = async (changed: string[]) => {
      const file = path.join(folder, 'changed.jsonl');
      await writeFile(file, `${changed.join('\n')}\n`);
      return (await verifyAuditOf(file, { publicKey: early.checkpoint.publicKey })).faults.map(
        ({ message }) => message,
      );
    };
    expect(await judge(lines)).toEqual([]);
    expect(await judge(lines.toSpliced(1, 1))).toContainEqual('entries 2 to 2 are missing');
    expect(await judge(lines.toSpliced(-2, 1))).toContainEqual(expect.stringMatching(/^cut off/));
    expect(await judge(lines.slice(0, -1))).toEqual(['the signed end of the audit is missing']);
    const renamed = lines.map((line) => line.replace('shop', 'shed'));
    expect(await judge(renamed)).toContainEqual('changed, or not written after the one before it');
    // Put back to the earlier day, signed end and all.
    expect((await verifyAuditOf(early.file ?? '', { checkpoint: late })).faults).toEqual([
      { seq: lines.length - 1, message: 'shorter than it was at the checkpoint given' },
    ]);
    const stranger = await runService({ operator: await makeOperator() });
    expect((await verifyAuditOf(rest(stranger), trust)).whole).toBe(false);
  });

  it('takes the place of no file, and is none where it cannot be whole', async () => {
    const service = await runService();
    const file = path.join(folder, 'mine.jsonl');
    await writeFile(file, 'mine');
    await expect(exportAuditTo(rest(service), file, false)).rejects.toMatchObject({ code: 'ERR_FILE_EXISTS' });
    const refused = { ...rest(service), accessToken: 'wrong' };
    await expect(exportAuditTo(refused, file, true)).rejects.toMatchObject({ code: 'ERR_AUTH_TOKEN_INVALID' });
    expect(await readFile(file, 'utf8')).toBe('mine');
    await expect(verifyAuditOf(file, {})).rejects.toMatchObject({ code: 'ERR_AUDIT_EXPORT' });
    await expect(verifyAuditOf(path.join(folder, 'none'), {})).rejects.toMatchObject({ code: 'ERR_SOURCE' });
    await expect(verifyAuditOf(rest(service), { checkpoint: file })).rejects.toMatchObject({ code: 'ERR_SOURCE' });
  });

  it('needs the right to all of the audit; a list has what the caller may read of it', async () => {
    const service = await runService();
    const made = (await service.api('POST', '/accounts', { name: 'mine' })).json.publicKey;
    const grant = { name: 't', role: 'auditor', account: made };
    const { token: accessToken } = (await service.api('POST', '/tokens', grant)).json;
    const mine = { ...rest(service), accessToken };
    await expect(verifyAuditOf(mine, {})).rejects.toMatchObject({ code: 'ERR_AUTH_FORBIDDEN' });
    const { entries, next } = await listAudit(mine, { after: 0, limit: 1 });
    expect(entries).toMatchObject([{ action: 'account.create', entity: made }]);
    expect(next).toBe(entries[0]?.seq);
    expect(await listAudit(mine, { after: next ?? 0, limit: 1, entity: 'x' })).toMatchObject({
      entries: [],
      next: null,
    });
  });
});
