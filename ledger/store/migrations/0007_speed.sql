-- Only a journal that reverses another is worth an entry: most reverse nothing, and each cost one.
ALTER TABLE journal DROP CONSTRAINT journal_reversed_once;
CREATE UNIQUE INDEX journal_reversed_once ON journal (reverses) WHERE reverses IS NOT NULL;
