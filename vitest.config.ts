import os from 'node:os';
import { defineConfig } from 'vitest/config';
import { ClosingLine } from './test/closing-line.js';
import { peer } from './test/peers.js';

const onPostgres = {
  extends: true as const,
  test: {
    name: 'postgres',
    include: ['test/unit/service/**/*.test.ts'],
    exclude: [
      // About the data folder, the libSQL file, or PostgreSQL itself: the same in both runs.
      'test/unit/service/{data-dir,store,postgres,move,upgrade}.test.ts',
      // About sockets, tokens of others, documents and texts: no database has a part in what they assert.
      'test/unit/service/{limits,lint,nsc,oidc,openapi,outbound,server-config,tls}.test.ts',
    ],
    globalSetup: ['test/unit/service/postgres-setup.ts'],
  },
};

export default defineConfig({
  test: {
    setupFiles: ['test/property-seed.ts'],
    reporters: [['default', { summary: false }], new ClosingLine()],
    // Tests wait for programs they start as much as they compute: one file for each processor, also where there are two.
    maxWorkers: os.availableParallelism(),
    // A test that is done takes seconds; a machine with other work on it may take many times as long.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // The service's tests run on both of its databases: once among all others on libSQL, once more on PostgreSQL.
    projects: [
      {
        extends: true,
        test: { name: 'natsctl', include: ['test/**/*.test.ts'], globalSetup: ['test/installed-binary.ts'] },
      },
      ...(peer('postgres') ? [onPostgres] : []),
    ],
  },
});
