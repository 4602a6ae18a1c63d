-- Up to when an older system kept an account; null for one that was made here. And since when nothing is believed that
-- other systems signed for it before.
ALTER TABLE accounts ADD COLUMN cut_over_at BIGINT, ADD COLUMN disowned_at BIGINT;
