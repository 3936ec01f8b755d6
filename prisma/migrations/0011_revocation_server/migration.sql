-- CreateTable
CREATE TABLE "revocation_server" (
    "account_key" TEXT NOT NULL,
    "user_key" TEXT NOT NULL,
    "server_id" TEXT NOT NULL,
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
