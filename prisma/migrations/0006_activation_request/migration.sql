-- CreateTable
CREATE TABLE "activation_request" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "operator_key" TEXT NOT NULL,
    "exporter_key" TEXT NOT NULL,
    "importer_key" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
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

-- CreateIndex
CREATE UNIQUE INDEX "activation_request_importer_key_exporter_key_type_subject_key" ON "activation_request"("importer_key", "exporter_key", "type", "subject");

-- CreateIndex
CREATE INDEX "activation_request_exporter_key_operator_key_id_idx" ON "activation_request"("exporter_key", "operator_key", "id");

-- CreateIndex
CREATE INDEX "activation_request_renew_status_exp_idx" ON "activation_request"("renew", "status", "exp");
