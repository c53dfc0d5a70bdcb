-- Only a journal that reverses another is worth an entry: most reverse nothing, and each cost one.
ALTER TABLE journal DROP CONSTRAINT journal_reversed_once;
CREATE UNIQUE INDEX journal_reversed_once ON journal (reverses) WHERE reverses IS NOT NULL;

-- Postings and hold events are sent before the records of their journals are made; both stand at COMMIT.
ALTER TABLE posting ALTER CONSTRAINT posting_journal_fkey DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE hold_event ALTER CONSTRAINT hold_event_journal_fkey DEFERRABLE INITIALLY DEFERRED;
