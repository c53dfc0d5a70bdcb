"""Name what can be wrong with the machine, each message with its remedy."""


class DatabaseFault(Exception):
    """No usable database on this machine; the message says what to do about it."""


class VersionDiffers(DatabaseFault):
    """The data on disk was written by another major version of PostgreSQL."""


class Declined(Exception):
    """The machine is fine, and the answer is no: data would be lost or overwritten."""
