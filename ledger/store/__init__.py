"""Where facts are kept: the schema, its migrations, and the reads."""
