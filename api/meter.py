"""Counts what the doors answer, for `/metrics`, and gives every request an id."""

from __future__ import annotations

import random
import re
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ID: Final = re.compile(rb"[0-9A-Za-z._-]{1,64}")
_ID_BITS: Final = 128
# Asking the system each time lets go of the interpreter, and a busy thread gives it back 5 ms later.
_IDS: Final = random.Random()  # noqa: S311 # nothing depends on nobody guessing it


class Meter:
    """ASGI middleware: counts answers by method and status, and the time they took."""

    def __init__(self, app: ASGIApp, counts: Counts) -> None:
        """Wrap an application."""
        self.app = app
        self.counts = counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request and count its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter_ns()
        name = _request_id(scope)

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", name)]
                took = time.perf_counter_ns() - started
                self.counts.add(scope["method"], message["status"], took)
            await send(message)

        await self.app(scope, receive, counted)


def _request_id(scope: Scope) -> bytes:
    given = next((value for key, value in scope["headers"] if key == b"x-request-id"), b"")
    return given if _ID.fullmatch(given) else b"%032x" % _IDS.getrandbits(_ID_BITS)


class Counts:
    """What was counted so far, in this process."""

    def __init__(self) -> None:
        """Start at nothing."""
        self._lock = threading.Lock()
        self._answers: Counter[tuple[str, int]] = Counter()
        self._nanoseconds: Counter[str] = Counter()

    def add(self, method: str, status: int, nanoseconds: int) -> None:
        """Count one answer; methods nobody defined count as one."""
        known = method if method in {"GET", "POST", "HEAD", "OPTIONS"} else "OTHER"
        with self._lock:
            self._answers[known, status] += 1
            self._nanoseconds[known] += nanoseconds

    def page(self) -> str:
        """Write the counts in the text format of Prometheus."""
        with self._lock:
            answers, took = dict(self._answers), dict(self._nanoseconds)
        lines = ["# TYPE greenledger_answers_total counter"]
        lines += [
            f'greenledger_answers_total{{method="{method}",status="{status}"}} {count}'
            for (method, status), count in sorted(answers.items())
        ]
        lines.append("# TYPE greenledger_answer_microseconds_total counter")
        lines += [
            f'greenledger_answer_microseconds_total{{method="{method}"}} {spent // 1000}'
            for method, spent in sorted(took.items())
        ]
        return "\n".join(lines) + "\n"
