"""Start the server of a folder, say so in one line, and wait to be killed; a test's other half."""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ledger import embedded

server = embedded.start(Path(sys.argv[1]), durable=False)
print(f"{server.port} {server.url_app}", flush=True)  # noqa: T201 — the test reads it
time.sleep(60)
