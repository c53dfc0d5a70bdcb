"""A wire that breaks: TCP between client and server, cut at a COMMIT, before or after it passed."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final, Literal
from urllib.parse import urlsplit, urlunsplit

Cut = Literal["before", "after"]
_COMMIT: Final = b"\x00COMMIT\x00"  # to be parsed, without a name
_CHUNK: Final = 65_536


class Proxy:
    """Forwards bytes both ways, and cuts the connection at every `every`-th COMMIT."""

    def __init__(self, url: str, cut: Cut, every: int) -> None:
        """Listen on loopback in front of the server of `url`."""
        found = urlsplit(url)
        assert found.port is not None
        self._target = ("127.0.0.1", found.port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        place = found.netloc.rpartition(":")[0] + f":{self._listener.getsockname()[1]}"
        self.url = urlunsplit(found._replace(netloc=place))
        self.cuts = 0
        self._cut = cut
        self._every = every
        self._seen = 0
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Stop listening, and end what is still connected."""
        _end(self._listener, *self._open)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(self._target)
            self._open += [client, server]
            for job in ((self._forward, client, server), (self._back, server, client)):
                threading.Thread(target=job[0], args=job[1:], daemon=True).start()

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        while data := _read(client):
            cut = _COMMIT in data and self._is_due()
            self.cuts += cut
            if not (cut and self._cut == "before"):
                _write(server, data)
            if cut:
                break
        _end(client, server)

    def _back(self, server: socket.socket, client: socket.socket) -> None:
        while data := _read(server):
            _write(client, data)
        _end(client, server)

    def _is_due(self) -> bool:
        self._seen += 1
        return self._seen % self._every == 0


def _read(source: socket.socket) -> bytes:
    try:
        return source.recv(_CHUNK)
    except OSError:
        return b""


def _write(end: socket.socket, data: bytes) -> None:
    with suppress(OSError):
        end.sendall(data)


def _end(*ends: socket.socket) -> None:
    for end in ends:
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()


@contextmanager
def broken_wire(url: str, cut: Cut, every: int) -> Iterator[Proxy]:
    """Lend a proxy, and close it for sure."""
    proxy = Proxy(url, cut, every)
    try:
        yield proxy
    finally:
        proxy.close()
