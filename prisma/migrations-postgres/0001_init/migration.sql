-- The tables of prisma/migrations as PostgreSQL has them. Indexed texts are compared byte by byte, as SQLite does it: lists come in
-- the same order from both, and no index depends on the C library's collations, which change with the system's updates.

-- CreateTable
CREATE TABLE "operator" (
    "key" TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "jwt" TEXT NOT NULL,
    "jti" TEXT NOT NULL,
    "iat" BIGINT NOT NULL,
    "updated_at" BIGINT NOT NULL,
    "adopted_at" BIGINT NOT NULL DEFAULT 0,
    "custody" TEXT NOT NULL DEFAULT 'accounts',
    "version" INTEGER NOT NULL DEFAULT 1
);

-- CreateTable
CREATE TABLE "account" (
    "key" TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    "operator_key" TEXT COLLATE "C" NOT NULL,
    "name" TEXT NOT NULL,
    "name_fold" TEXT COLLATE "C" NOT NULL,
    "jwt" TEXT NOT NULL,
    "jti" TEXT NOT NULL,
    "iat" BIGINT NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" BIGINT NOT NULL,
    "updated_at" BIGINT NOT NULL,
    CONSTRAINT "account_operator_key_fkey" FOREIGN KEY ("operator_key") REFERENCES "operator" ("key") ON DELETE RESTRICT ON UPDATE RESTRICT
);

-- CreateTable
CREATE TABLE "user" (
    "key" TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    "account_key" TEXT COLLATE "C" NOT NULL,
    "name" TEXT NOT NULL,
    "name_fold" TEXT COLLATE "C" NOT NULL,
    "jwt" TEXT,
    "iat" BIGINT NOT NULL,
    "exp" BIGINT,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" BIGINT NOT NULL,
    "role" TEXT,
    "disabled_at" BIGINT,
    "prior_revocation" BIGINT,
    CONSTRAINT "user_account_key_fkey" FOREIGN KEY ("account_key") REFERENCES "account" ("key") ON DELETE RESTRICT ON UPDATE RESTRICT
);

-- CreateTable
CREATE TABLE "credential_policy" (
    "account_key" TEXT COLLATE "C" NOT NULL,
    "role" TEXT COLLATE "C" NOT NULL,
    "max_ttl" INTEGER,
    "default_ttl" INTEGER,
    "require_proof" BOOLEAN NOT NULL,
    "allow_bearer" BOOLEAN NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "updated_at" BIGINT NOT NULL,

    PRIMARY KEY ("account_key", "role"),
    CONSTRAINT "credential_policy_account_key_fkey" FOREIGN KEY ("account_key") REFERENCES "account" ("key") ON DELETE CASCADE ON UPDATE RESTRICT
);

-- CreateTable
CREATE TABLE "sealed_key" (
    "public_key" TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    "kind" TEXT NOT NULL,
    "owner" TEXT COLLATE "C" NOT NULL,
    "sealed" BYTEA NOT NULL,
    "created_at" BIGINT NOT NULL
);

-- CreateTable
CREATE TABLE "access_token" (
    "hash" TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "created_at" BIGINT NOT NULL,
    "expires_at" BIGINT,
    "last_used_at" BIGINT,
    "revoked_at" BIGINT,
    "operator_key" TEXT COLLATE "C",
    "account_key" TEXT,
    "created_by" TEXT NOT NULL DEFAULT 'service',
    "made_with" TEXT COLLATE "C"
);

-- CreateTable
CREATE TABLE "audit_entry" (
    "seq" SERIAL NOT NULL PRIMARY KEY,
    "at" BIGINT NOT NULL,
    "actor" TEXT COLLATE "C" NOT NULL,
    "action" TEXT COLLATE "C" NOT NULL,
    "entity" TEXT COLLATE "C" NOT NULL,
    "before_jti" TEXT,
    "after_jti" TEXT,
    "detail" TEXT NOT NULL,
    "operator_key" TEXT COLLATE "C",
    "account_key" TEXT COLLATE "C",
    "before" TEXT,
    "after" TEXT,
    "request_id" TEXT,
    "remote" TEXT,
    "hash" TEXT NOT NULL DEFAULT ''
);

-- CreateTable
CREATE TABLE "link" (
    "id" TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    "servers" TEXT NOT NULL,
    "sealed_creds" BYTEA,
    "attached_at" BIGINT NOT NULL,
    "operator_key" TEXT
);

-- CreateTable
CREATE TABLE "announcement" (
    "link_id" TEXT COLLATE "C" NOT NULL,
    "account_key" TEXT COLLATE "C" NOT NULL,
    "jti" TEXT NOT NULL,
    "state" TEXT COLLATE "C" NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "answers" TEXT NOT NULL DEFAULT '[]',
    "updated_at" BIGINT NOT NULL,

    PRIMARY KEY ("link_id", "account_key"),
    CONSTRAINT "announcement_link_id_fkey" FOREIGN KEY ("link_id") REFERENCES "link" ("id") ON DELETE CASCADE ON UPDATE RESTRICT,
    CONSTRAINT "announcement_account_key_fkey" FOREIGN KEY ("account_key") REFERENCES "account" ("key") ON DELETE CASCADE ON UPDATE RESTRICT
);

-- CreateTable
CREATE TABLE "activation" (
    "hash" TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    "exporter_key" TEXT COLLATE "C" NOT NULL,
    "importer_key" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "jwt" TEXT NOT NULL,
    "jti" TEXT NOT NULL,
    "iat" BIGINT NOT NULL,
    "exp" BIGINT,
    "created_at" BIGINT NOT NULL
);

-- CreateTable
CREATE TABLE "activation_request" (
    "id" TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    "operator_key" TEXT COLLATE "C" NOT NULL,
    "exporter_key" TEXT COLLATE "C" NOT NULL,
    "importer_key" TEXT COLLATE "C" NOT NULL,
    "type" TEXT NOT NULL,
    "subject" TEXT COLLATE "C" NOT NULL,
    "note" TEXT NOT NULL DEFAULT '',
    "attach" BOOLEAN NOT NULL DEFAULT false,
    "local_subject" TEXT,
    "status" TEXT NOT NULL,
    "reason" TEXT NOT NULL DEFAULT '',
    "lifetime" BIGINT,
    "renew" BOOLEAN NOT NULL DEFAULT false,
    "jwt" TEXT,
    "iat" BIGINT,
    "exp" BIGINT,
    "revoked_at" BIGINT,
    "requested_at" BIGINT NOT NULL,
    "decided_at" BIGINT,
    CONSTRAINT "activation_request_importer_key_fkey" FOREIGN KEY ("importer_key") REFERENCES "account" ("key") ON DELETE CASCADE ON UPDATE RESTRICT
);

-- CreateTable
CREATE TABLE "account_import" (
    "exporter_key" TEXT COLLATE "C" NOT NULL,
    "importer_key" TEXT COLLATE "C" NOT NULL,

    PRIMARY KEY ("exporter_key", "importer_key"),
    CONSTRAINT "account_import_importer_key_fkey" FOREIGN KEY ("importer_key") REFERENCES "account" ("key") ON DELETE CASCADE ON UPDATE RESTRICT
);

-- CreateTable
CREATE TABLE "deleted_account" (
    "key" TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    "operator_key" TEXT COLLATE "C" NOT NULL,
    "name" TEXT NOT NULL,
    "jwt" TEXT,
    "request" TEXT,
    "iat" BIGINT NOT NULL,
    "deleted_at" BIGINT NOT NULL,
    CONSTRAINT "deleted_account_operator_key_fkey" FOREIGN KEY ("operator_key") REFERENCES "operator" ("key") ON DELETE RESTRICT ON UPDATE RESTRICT
);

-- CreateTable
CREATE TABLE "deletion" (
    "link_id" TEXT COLLATE "C" NOT NULL,
    "account_key" TEXT COLLATE "C" NOT NULL,
    "state" TEXT COLLATE "C" NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "answers" TEXT NOT NULL DEFAULT '[]',
    "updated_at" BIGINT NOT NULL,

    PRIMARY KEY ("link_id", "account_key"),
    CONSTRAINT "deletion_link_id_fkey" FOREIGN KEY ("link_id") REFERENCES "link" ("id") ON DELETE CASCADE ON UPDATE RESTRICT,
    CONSTRAINT "deletion_account_key_fkey" FOREIGN KEY ("account_key") REFERENCES "deleted_account" ("key") ON DELETE CASCADE ON UPDATE RESTRICT
);

-- CreateTable
CREATE TABLE "issued_jwt" (
    "seq" SERIAL NOT NULL PRIMARY KEY,
    "hash" TEXT COLLATE "C" NOT NULL,
    "kind" TEXT COLLATE "C" NOT NULL,
    "entity" TEXT COLLATE "C" NOT NULL,
    "subject" TEXT COLLATE "C" NOT NULL,
    "jti" TEXT NOT NULL,
    "operator_key" TEXT COLLATE "C" NOT NULL,
    "account_key" TEXT COLLATE "C",
    "issuer" TEXT COLLATE "C" NOT NULL,
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
    "operator_key" TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    "renew_before" BIGINT NOT NULL,
    "renew_for" BIGINT NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "updated_at" BIGINT NOT NULL,
    CONSTRAINT "renewal_policy_operator_key_fkey" FOREIGN KEY ("operator_key") REFERENCES "operator" ("key") ON DELETE CASCADE ON UPDATE RESTRICT
);

-- CreateTable
CREATE TABLE "idempotency" (
    "id" TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    "fingerprint" TEXT NOT NULL,
    "action" TEXT,
    "entity" TEXT,
    "status" INTEGER,
    "headers" TEXT,
    "body" TEXT,
    "created_at" BIGINT NOT NULL
);

-- CreateTable
CREATE TABLE "revocation_server" (
    "account_key" TEXT COLLATE "C" NOT NULL,
    "user_key" TEXT COLLATE "C" NOT NULL,
    "server_id" TEXT COLLATE "C" NOT NULL,
    "server" TEXT NOT NULL,
    "jti" TEXT NOT NULL,
    "took" BOOLEAN NOT NULL,
    "message" TEXT NOT NULL,
    "at" BIGINT NOT NULL,
    "before" INTEGER,
    "open" INTEGER,
    "kicked" INTEGER NOT NULL,

    PRIMARY KEY ("account_key", "user_key", "server_id"),
    CONSTRAINT "revocation_server_account_key_fkey" FOREIGN KEY ("account_key") REFERENCES "account" ("key") ON DELETE CASCADE ON UPDATE RESTRICT
);

-- CreateTable
CREATE TABLE "pending_account" (
    "key" TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    "operator_key" TEXT COLLATE "C" NOT NULL,
    "name" TEXT NOT NULL,
    "jwt" TEXT NOT NULL,
    "iat" BIGINT NOT NULL,
    "base_jti" TEXT COLLATE "C",
    "received_at" BIGINT NOT NULL,
    "version" INTEGER NOT NULL,
    CONSTRAINT "pending_account_operator_key_fkey" FOREIGN KEY ("operator_key") REFERENCES "operator" ("key") ON DELETE CASCADE ON UPDATE RESTRICT
);

-- CreateTable
CREATE TABLE "webhook" (
    "id" TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "operator_key" TEXT COLLATE "C",
    "account_key" TEXT COLLATE "C",
    "types" TEXT NOT NULL,
    "sealed_keys" BYTEA NOT NULL,
    "public_key" TEXT COLLATE "C",
    "state" TEXT COLLATE "C" NOT NULL,
    "disabled_reason" TEXT COLLATE "C",
    "cursor" INTEGER NOT NULL,
    "failing_since" BIGINT,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_by" TEXT COLLATE "C" NOT NULL,
    "created_at" BIGINT NOT NULL
);

-- CreateTable
CREATE TABLE "webhook_delivery" (
    "id" TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    "webhook_id" TEXT COLLATE "C" NOT NULL,
    "seq" INTEGER NOT NULL,
    "type" TEXT COLLATE "C" NOT NULL,
    "state" TEXT COLLATE "C" NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_at" BIGINT NOT NULL,
    "created_at" BIGINT NOT NULL,
    "last_at" BIGINT,
    "response_status" INTEGER,
    "duration_ms" INTEGER,
    "error" TEXT COLLATE "C",
    "response_body" TEXT,
    CONSTRAINT "webhook_delivery_webhook_id_fkey" FOREIGN KEY ("webhook_id") REFERENCES "webhook" ("id") ON DELETE CASCADE ON UPDATE RESTRICT
);

-- CreateTable
CREATE TABLE "meta" (
    "key" TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    "value" BYTEA NOT NULL
);

-- CreateIndex
CREATE UNIQUE INDEX "account_operator_key_name_fold_key" ON "account"("operator_key", "name_fold");

-- CreateIndex
CREATE UNIQUE INDEX "user_account_key_name_fold_key" ON "user"("account_key", "name_fold");

-- CreateIndex
CREATE INDEX "sealed_key_owner_idx" ON "sealed_key"("owner");

-- CreateIndex
CREATE INDEX "announcement_link_id_state_idx" ON "announcement"("link_id", "state");

-- CreateIndex
CREATE INDEX "access_token_operator_key_idx" ON "access_token"("operator_key");

-- CreateIndex
CREATE INDEX "access_token_made_with_idx" ON "access_token"("made_with");

-- CreateIndex
CREATE INDEX "audit_entry_entity_seq_idx" ON "audit_entry"("entity", "seq");

-- CreateIndex
CREATE INDEX "audit_entry_operator_key_seq_idx" ON "audit_entry"("operator_key", "seq");

-- CreateIndex
CREATE INDEX "audit_entry_account_key_seq_idx" ON "audit_entry"("account_key", "seq");

-- CreateIndex
CREATE INDEX "activation_exporter_key_idx" ON "activation"("exporter_key");

-- CreateIndex
CREATE INDEX "account_import_importer_key_idx" ON "account_import"("importer_key");

-- CreateIndex
CREATE INDEX "deletion_link_id_state_idx" ON "deletion"("link_id", "state");

-- CreateIndex
CREATE UNIQUE INDEX "issued_jwt_hash_key" ON "issued_jwt"("hash");

-- CreateIndex
CREATE INDEX "issued_jwt_entity_superseded_at_idx" ON "issued_jwt"("entity", "superseded_at");

-- CreateIndex
CREATE INDEX "issued_jwt_superseded_at_seq_idx" ON "issued_jwt"("superseded_at", "seq");

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

-- CreateIndex
CREATE UNIQUE INDEX "webhook_delivery_webhook_id_seq_key" ON "webhook_delivery"("webhook_id", "seq");

-- CreateIndex
CREATE INDEX "webhook_delivery_state_webhook_id_next_at_idx" ON "webhook_delivery"("state", "webhook_id", "next_at");

-- CreateIndex
CREATE INDEX "webhook_delivery_webhook_id_state_attempts_seq_idx" ON "webhook_delivery"("webhook_id", "state", "attempts", "seq");

-- CreateIndex
CREATE UNIQUE INDEX "activation_request_importer_key_exporter_key_type_subject_key" ON "activation_request"("importer_key", "exporter_key", "type", "subject");

-- CreateIndex
CREATE INDEX "activation_request_exporter_key_operator_key_id_idx" ON "activation_request"("exporter_key", "operator_key", "id");

-- CreateIndex
CREATE INDEX "activation_request_renew_status_exp_idx" ON "activation_request"("renew", "status", "exp");

-- CreateIndex
CREATE INDEX "pending_account_operator_key_key_idx" ON "pending_account"("operator_key", "key");
