"""What regulators ask about all units at once: from history alone, cut at a size of the log.

Nothing that changes is read, so that a report about a past size is the same report for ever.
"""
