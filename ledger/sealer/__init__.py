"""Give committed journals their places in the log, in one order for ever, and publish it."""
