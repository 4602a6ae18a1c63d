-- Up to when an older system kept an account; null for one that was made here. And since when nothing is believed that
-- other systems signed for it before.
-- A column that is there already is no failure to whoever runs this: MySQL knows no `ADD COLUMN IF NOT EXISTS`.
ALTER TABLE accounts ADD COLUMN cut_over_at BIGINT, ADD COLUMN disowned_at BIGINT;
