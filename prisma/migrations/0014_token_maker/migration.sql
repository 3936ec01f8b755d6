-- AlterTable
ALTER TABLE "access_token" ADD COLUMN "made_with" TEXT;

-- CreateIndex
CREATE INDEX "access_token_made_with_idx" ON "access_token"("made_with");
