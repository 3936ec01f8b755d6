-- AlterTable
ALTER TABLE "operator" ADD COLUMN "adopted_at" BIGINT NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "access_token" ADD COLUMN "operator_key" TEXT;
ALTER TABLE "access_token" ADD COLUMN "account_key" TEXT;
ALTER TABLE "access_token" ADD COLUMN "created_by" TEXT NOT NULL DEFAULT 'service';

-- AlterTable
ALTER TABLE "audit_entry" ADD COLUMN "operator_key" TEXT;
ALTER TABLE "audit_entry" ADD COLUMN "account_key" TEXT;
ALTER TABLE "audit_entry" ADD COLUMN "before" TEXT;
ALTER TABLE "audit_entry" ADD COLUMN "after" TEXT;
ALTER TABLE "audit_entry" ADD COLUMN "request_id" TEXT;
ALTER TABLE "audit_entry" ADD COLUMN "remote" TEXT;
ALTER TABLE "audit_entry" ADD COLUMN "hash" TEXT NOT NULL DEFAULT '';

-- CreateIndex
CREATE INDEX "access_token_operator_key_idx" ON "access_token"("operator_key");

-- CreateIndex
CREATE INDEX "audit_entry_entity_seq_idx" ON "audit_entry"("entity", "seq");

-- CreateIndex
CREATE INDEX "audit_entry_operator_key_seq_idx" ON "audit_entry"("operator_key", "seq");

-- CreateIndex
CREATE INDEX "audit_entry_account_key_seq_idx" ON "audit_entry"("account_key", "seq");

-- AlterTable
ALTER TABLE "user" ADD COLUMN "version" INTEGER NOT NULL DEFAULT 1;
