-- CreateTable
CREATE TABLE "activation" (
    "hash" TEXT NOT NULL PRIMARY KEY,
    "exporter_key" TEXT NOT NULL,
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
CREATE TABLE "account_import" (
    "exporter_key" TEXT NOT NULL,
    "importer_key" TEXT NOT NULL,

    PRIMARY KEY ("exporter_key", "importer_key"),
    CONSTRAINT "account_import_importer_key_fkey" FOREIGN KEY ("importer_key") REFERENCES "account" ("key") ON DELETE CASCADE ON UPDATE RESTRICT
);

-- CreateIndex
CREATE INDEX "activation_exporter_key_idx" ON "activation"("exporter_key");

-- CreateIndex
CREATE INDEX "account_import_importer_key_idx" ON "account_import"("importer_key");
