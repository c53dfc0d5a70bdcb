"""Bodies of /v1, one module a resource. Imported by `api` only."""
