"""The demo in small: lived, closed, sealed, and found so by both verifiers, in a sandbox as always."""

from api.demo import run_demo
from api.sample.life import Scope
from ledger.settings import Settings


def test_a_small_demo_passes_both_verifiers() -> None:
    """A sandbox names its certificates apart, and its log as records do."""
    said: list[str] = []

    figures = run_demo(Settings(sandbox=True), said.append, Scope(range(9, 13), plants=30)).figures

    assert (figures["conservation_ok"], figures["bundle_verified"]) == (True, True)
    assert (figures["budgets_closed"], said[-1][:9]) == (4, "verifying")
