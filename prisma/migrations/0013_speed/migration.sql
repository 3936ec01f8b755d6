-- What is in force of an entity is looked for with every JWT: by the entity alone, SQLite preferred an index of all that is in force.
DROP INDEX "issued_jwt_entity_idx";
CREATE INDEX "issued_jwt_entity_superseded_at_idx" ON "issued_jwt"("entity", "superseded_at");

-- What is in force, newest first.
CREATE INDEX "issued_jwt_superseded_at_seq_idx" ON "issued_jwt"("superseded_at", "seq");

-- Made anew: of two indexes that look as good SQLite takes the younger one, and the JWTs of an account are fewer than those of a kind.
DROP INDEX "issued_jwt_account_key_seq_idx";
CREATE INDEX "issued_jwt_account_key_seq_idx" ON "issued_jwt"("account_key", "seq");

-- The event to be sent next, which is sought with every delivery.
CREATE INDEX "webhook_delivery_webhook_id_state_attempts_seq_idx" ON "webhook_delivery"("webhook_id", "state", "attempts", "seq");
