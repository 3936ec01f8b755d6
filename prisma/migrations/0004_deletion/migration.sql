-- AlterTable
ALTER TABLE "link" ADD COLUMN "operator_key" TEXT;

-- CreateTable
CREATE TABLE "deleted_account" (
    "key" TEXT NOT NULL PRIMARY KEY,
    "operator_key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "jwt" TEXT,
    "request" TEXT,
    "iat" BIGINT NOT NULL,
    "deleted_at" BIGINT NOT NULL,
    CONSTRAINT "deleted_account_operator_key_fkey" FOREIGN KEY ("operator_key") REFERENCES "operator" ("key") ON DELETE RESTRICT ON UPDATE RESTRICT
);

-- CreateTable
CREATE TABLE "deletion" (
    "link_id" TEXT NOT NULL,
    "account_key" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "answers" TEXT NOT NULL DEFAULT '[]',
    "updated_at" BIGINT NOT NULL,

    PRIMARY KEY ("link_id", "account_key"),
    CONSTRAINT "deletion_link_id_fkey" FOREIGN KEY ("link_id") REFERENCES "link" ("id") ON DELETE CASCADE ON UPDATE RESTRICT,
    CONSTRAINT "deletion_account_key_fkey" FOREIGN KEY ("account_key") REFERENCES "deleted_account" ("key") ON DELETE CASCADE ON UPDATE RESTRICT
);

-- CreateIndex
CREATE INDEX "deletion_link_id_state_idx" ON "deletion"("link_id", "state");
