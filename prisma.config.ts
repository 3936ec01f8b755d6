import { defineConfig } from 'prisma/config';

/**
 * For Prisma's own tools only (`prisma generate`, `prisma migrate deploy`, `prisma studio`); the service opens its database
 * by itself (service/store). DATABASE_URL names the file, as in `DATABASE_URL=file:/path/to/data/natsctl.db`.
 */
export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env.DATABASE_URL ?? 'file:./natsctl.db' },
});
