-- CreateTable
CREATE TABLE "pending_account" (
    "key" TEXT NOT NULL PRIMARY KEY,
    "operator_key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "jwt" TEXT NOT NULL,
    "iat" BIGINT NOT NULL,
    "base_jti" TEXT,
    "received_at" BIGINT NOT NULL,
    "version" INTEGER NOT NULL,
    CONSTRAINT "pending_account_operator_key_fkey" FOREIGN KEY ("operator_key") REFERENCES "operator" ("key") ON DELETE CASCADE ON UPDATE RESTRICT
);

-- CreateIndex
CREATE INDEX "pending_account_operator_key_key_idx" ON "pending_account"("operator_key", "key");
