"""The engine: commands judged and stored in batches, the only writer of postings."""
