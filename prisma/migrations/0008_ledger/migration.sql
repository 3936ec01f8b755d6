-- CreateTable
CREATE TABLE "issued_jwt" (
    "seq" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "hash" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "entity" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "jti" TEXT NOT NULL,
    "operator_key" TEXT NOT NULL,
    "account_key" TEXT,
    "issuer" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "iat" BIGINT NOT NULL,
    "nbf" BIGINT,
    "exp" BIGINT,
    "origin" TEXT NOT NULL,
    "issued_by" TEXT,
    "request_id" TEXT,
    "recorded_at" BIGINT NOT NULL,
    "superseded_at" BIGINT,
    "claims" TEXT,
    "warned_within" BIGINT,
    "renewal_error" TEXT
);

-- CreateTable
CREATE TABLE "renewal_policy" (
    "operator_key" TEXT NOT NULL PRIMARY KEY,
    "renew_before" BIGINT NOT NULL,
    "renew_for" BIGINT NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "updated_at" BIGINT NOT NULL,
    CONSTRAINT "renewal_policy_operator_key_fkey" FOREIGN KEY ("operator_key") REFERENCES "operator" ("key") ON DELETE CASCADE ON UPDATE RESTRICT
);

-- CreateIndex
CREATE UNIQUE INDEX "issued_jwt_hash_key" ON "issued_jwt"("hash");

-- CreateIndex
CREATE INDEX "issued_jwt_entity_idx" ON "issued_jwt"("entity");

-- CreateIndex
CREATE INDEX "issued_jwt_subject_seq_idx" ON "issued_jwt"("subject", "seq");

-- CreateIndex
CREATE INDEX "issued_jwt_account_key_seq_idx" ON "issued_jwt"("account_key", "seq");

-- CreateIndex
CREATE INDEX "issued_jwt_operator_key_seq_idx" ON "issued_jwt"("operator_key", "seq");

-- CreateIndex
CREATE INDEX "issued_jwt_issuer_seq_idx" ON "issued_jwt"("issuer", "seq");

-- CreateIndex
CREATE INDEX "issued_jwt_kind_seq_idx" ON "issued_jwt"("kind", "seq");

-- CreateIndex
CREATE INDEX "issued_jwt_superseded_at_kind_exp_idx" ON "issued_jwt"("superseded_at", "kind", "exp");

-- CreateIndex
CREATE INDEX "issued_jwt_exp_seq_idx" ON "issued_jwt"("exp", "seq");
