-- AlterTable
ALTER TABLE "operator" ADD COLUMN "custody" TEXT NOT NULL DEFAULT 'accounts';
ALTER TABLE "operator" ADD COLUMN "version" INTEGER NOT NULL DEFAULT 1;
