-- AlterTable
ALTER TABLE "user" ADD COLUMN "role" TEXT;
ALTER TABLE "user" ADD COLUMN "disabled_at" BIGINT;
ALTER TABLE "user" ADD COLUMN "prior_revocation" BIGINT;

-- CreateTable
CREATE TABLE "credential_policy" (
    "account_key" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "max_ttl" INTEGER,
    "default_ttl" INTEGER,
    "require_proof" BOOLEAN NOT NULL,
    "allow_bearer" BOOLEAN NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "updated_at" BIGINT NOT NULL,

    PRIMARY KEY ("account_key", "role"),
    CONSTRAINT "credential_policy_account_key_fkey" FOREIGN KEY ("account_key") REFERENCES "account" ("key") ON DELETE CASCADE ON UPDATE RESTRICT
);
