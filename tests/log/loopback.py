"""Programs that really listen, for tests that really ask: on loopback, each on a free port."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection

import uvicorn
from fastapi import FastAPI


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """Serve an application until the block ends; lend its URL."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started:
                time.sleep(0.01)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def answering(answer: bytes | None) -> Iterator[str]:
    """Take every connection and say these bytes, or nothing at all and hold it open."""
    taken: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            taken.append(line)
            if answer is not None:
                tell(line, answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
    for line in taken:
        line.close()


def tell(line: socket.socket, answer: bytes) -> None:
    """Answer once the question begins; then listen until the asker hangs up, as TCP wants it."""
    line.recv(64 * 1024)
    line.settimeout(10)
    with suppress(OSError):
        line.sendall(answer)
        line.shutdown(socket.SHUT_WR)
        while line.recv(64 * 1024):
            pass


def ask(url: str, path: str, body: bytes | None = None) -> tuple[int, str, str]:
    """Send one request; answer status, content type and text."""
    with closing(HTTPConnection(url.removeprefix("http://"), timeout=30)) as line:
        line.request("GET" if body is None else "POST", path, body)
        answer = line.getresponse()
        return answer.status, answer.headers["content-type"], answer.read().decode()
