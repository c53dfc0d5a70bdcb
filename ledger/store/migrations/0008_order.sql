-- Journals are sent before their postings again, so each is checked where it is written and not at COMMIT, for
-- which everybody waits.
ALTER TABLE posting ALTER CONSTRAINT posting_journal_fkey NOT DEFERRABLE;
ALTER TABLE hold_event ALTER CONSTRAINT hold_event_journal_fkey NOT DEFERRABLE;
