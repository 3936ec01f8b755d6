import type { TestProject } from 'vitest/node';
import { openStore } from '../../../service/store/open.js';
import { peer } from '../../peers.js';
import { startPostgres } from '../../postgres.js';

/** One server for all files of the suite; each test has a database of its own, a copy of one that is migrated already. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const program = peer('postgres');
  if (program === undefined) throw new Error('PostgreSQL is not installed');
  const server = await startPostgres(program);
  const store = await openStore('', await server.createDatabase('natsctl_template'));
  await store.close();
  project.provide('postgres', { admin: server.url('postgres'), template: 'natsctl_template' });
  return () => server.stop();
}
