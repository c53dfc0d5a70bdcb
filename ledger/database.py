"""Find the database of a registry: yours if you name one, else one that we bring up."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ledger import embedded
from ledger.settings import Settings


@dataclass(frozen=True, repr=False)
class Urls:
    """Two libpq URLs: the app's role, which owns nothing, and the owner's, which migrates."""

    app: str
    owner: str


@contextmanager
def resolve(settings: Settings) -> Iterator[Urls]:
    """Lend the registry's database for as long as the caller needs it.

    The order: `DATABASE_URL`; the wheel's PostgreSQL; the system's.

    Raises:
        DatabaseFault: there is none of the three; the message names the remedies.
    """
    if (named := _named(settings)) is not None:
        yield named
        return
    with embedded.start(settings.data_dir) as server:
        yield Urls(app=server.url_app, owner=server.url_owner)


def _named(settings: Settings) -> Urls | None:
    if settings.database_url is None:
        return None
    app = settings.database_url.get_secret_value()
    owner = settings.owner_url.get_secret_value() if settings.owner_url else app
    return Urls(app=app, owner=owner)
