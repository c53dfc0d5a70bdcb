"""The resources of /v1, one module each; `router` is what the application includes."""
