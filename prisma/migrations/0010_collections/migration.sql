-- CreateTable
CREATE TABLE "idempotency" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "fingerprint" TEXT NOT NULL,
    "action" TEXT,
    "entity" TEXT,
    "status" INTEGER,
    "headers" TEXT,
    "body" TEXT,
    "created_at" BIGINT NOT NULL
);

-- CreateIndex
CREATE INDEX "idempotency_created_at_idx" ON "idempotency"("created_at");

-- CreateIndex
CREATE INDEX "account_updated_at_idx" ON "account"("updated_at");

-- CreateIndex
CREATE INDEX "user_account_key_exp_idx" ON "user"("account_key", "exp");

-- CreateIndex
CREATE INDEX "audit_entry_actor_seq_idx" ON "audit_entry"("actor", "seq");

-- CreateIndex
CREATE INDEX "audit_entry_action_seq_idx" ON "audit_entry"("action", "seq");
