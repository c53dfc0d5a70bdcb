"""What is hashed and signed. Once written, a document's shape never changes; a new shape is a new version."""
