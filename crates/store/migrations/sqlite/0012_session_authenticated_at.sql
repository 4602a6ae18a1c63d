-- When a credential was last proved in a session; null where that was when it began. And the sessions of an account that
-- were not ended, apart from those that were: every login counts them, however many have ended since yesterday.
ALTER TABLE sessions ADD COLUMN authenticated_at INTEGER;
CREATE INDEX sessions_unrevoked ON sessions (account_id, id) WHERE revoked_at IS NULL;
