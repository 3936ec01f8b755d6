-- CreateTable
CREATE TABLE "webhook" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "operator_key" TEXT,
    "account_key" TEXT,
    "types" TEXT NOT NULL,
    "sealed_keys" BLOB NOT NULL,
    "public_key" TEXT,
    "state" TEXT NOT NULL,
    "disabled_reason" TEXT,
    "cursor" INTEGER NOT NULL,
    "failing_since" BIGINT,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_by" TEXT NOT NULL,
    "created_at" BIGINT NOT NULL
);

-- CreateTable
CREATE TABLE "webhook_delivery" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "webhook_id" TEXT NOT NULL,
    "seq" INTEGER NOT NULL,
    "type" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_at" BIGINT NOT NULL,
    "created_at" BIGINT NOT NULL,
    "last_at" BIGINT,
    "response_status" INTEGER,
    "duration_ms" INTEGER,
    "error" TEXT,
    "response_body" TEXT,
    CONSTRAINT "webhook_delivery_webhook_id_fkey" FOREIGN KEY ("webhook_id") REFERENCES "webhook" ("id") ON DELETE CASCADE ON UPDATE RESTRICT
);

-- CreateIndex
CREATE UNIQUE INDEX "webhook_delivery_webhook_id_seq_key" ON "webhook_delivery"("webhook_id", "seq");

-- CreateIndex
CREATE INDEX "webhook_delivery_state_webhook_id_next_at_idx" ON "webhook_delivery"("state", "webhook_id", "next_at");
