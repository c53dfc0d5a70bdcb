"""Publish the language of the registry: fields, bodies, records. Imports nothing of ours."""
