"""Carry the policy shipped with this release: a proposal, until a registry adopts it."""

from importlib.resources import files


def shipped() -> tuple[bytes, ...]:
    """Read the rulebooks of this release, in the order of their file names."""
    found = [entry for entry in files(__name__).iterdir() if entry.name.endswith(".toml")]
    return tuple(entry.read_bytes() for entry in sorted(found, key=lambda entry: entry.name))
