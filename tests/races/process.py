"""Another process on the same registry: trade for a while, and print every answer as a line."""

from __future__ import annotations

import json
import sys
import time

from tests.races.market import Market, Trader, sale
from tests.registry import Asked, opened


def main(task: str) -> None:
    """Do what the task says: {url, market, seed, seconds} or {…, key, times}."""
    told = json.loads(task)
    market = Market(tuple(told["accounts"]), told["party"], tuple(told["lots"]))
    with opened(told["url"], session=told["seed"]) as registry:
        trader = Trader(registry, market, told["seed"])
        print("ready", flush=True)  # noqa: T201
        sys.stdin.readline()
        if "key" in told:
            for _ in range(told["times"]):
                asked = Asked(market.clerk, sale(*market.pair, 3), told["key"])
                trader.acknowledged.append((9, told["key"], registry.put(asked).outcome or {}))
        else:
            trader.trade(time.monotonic() + told["seconds"])
    for line in trader.acknowledged:
        print(json.dumps(line))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1])
