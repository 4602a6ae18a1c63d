-- When a credential was last proved in a session; null where that was when it began. And the sessions of an account that
-- were not ended, apart from those that were: every login counts them, however many have ended since yesterday.
-- A column that is there already is no failure to whoever runs this, and then so is the index: it is one change.
ALTER TABLE sessions ADD COLUMN authenticated_at BIGINT, ADD INDEX sessions_unrevoked (account_id, revoked_at, id);
