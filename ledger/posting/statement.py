"""Named statements with numbered places, and their values as PostgreSQL reads them."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ledger.store.arrays import written
from ledger.store.statements import statements

if TYPE_CHECKING:
    from collections.abc import Mapping

_PLACE: Final = re.compile(rb"%\((\w+)\)s::(\w+(?:\[\])?)")


class Statement(NamedTuple):
    """A statement that is prepared once a connection; each place is a name and a type."""

    name: str
    source: bytes  # with named places, as psycopg takes them
    text: bytes
    places: tuple[tuple[str, str], ...]

    def written(self, values: Mapping[str, Any]) -> list[bytes]:
        """Write the value of each place in the binary form of its type; an array takes a column of values."""
        return [written(values[name], kind) for name, kind in self.places]


def numbered(name: str, source: bytes) -> Statement:
    """Give every place that is written `%(name)s::type` a number; one name has one number."""
    places: dict[tuple[bytes, bytes], int] = {}

    def number(place: re.Match[bytes]) -> bytes:
        key = (place[1], place[2])
        return b"$%d::%s" % (places.setdefault(key, len(places) + 1), key[1])

    text = _PLACE.sub(number, source)
    return Statement(
        name, source, text, tuple((key.decode(), kind.decode()) for key, kind in places)
    )


def _numbered(file: str) -> dict[str, Statement]:
    found = statements(files("ledger.posting") / file)
    return {name: numbered(name, text) for name, text in found.items()}


LOAD: Final = _numbered("load.sql")
STORE: Final = _numbered("store.sql")
