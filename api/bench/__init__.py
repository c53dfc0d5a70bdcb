"""The benchmark of this release: the same cases on any machine, interleaved with TPC-B on one server."""
