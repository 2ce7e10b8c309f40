-- Generations before the parent that were superseded a moment ago, 16 bytes each; mostly there are none.
ALTER TABLE sessions ADD COLUMN superseded BYTEA;
