"""The transparency log: what was said cannot be unsaid."""
