"""Say who takes part in the demo, and number the owners of its plants."""

from dataclasses import dataclass, field

from api.sample.identities import Series, demo_credit_code
from api.sample.provinces import provinces


@dataclass(frozen=True, slots=True)
class SampleParty:
    """A demo party; `kinds` are those of /v1/parties, `province` is a GB/T 2260 code."""

    credit_code: str
    name: str
    name_zh: str
    kinds: tuple[str, ...]
    sector: str
    province: str


def unnamed_owner(province: str) -> str:
    """Name the demo enterprise that owns the plants of a province whose owner is not known."""
    return f"Demo Power Owner of {provinces()[province].en}"


@dataclass(slots=True)
class OwnerBook:
    """The owners met so far; the first spelling of a name and its first province stand."""

    _by_key: dict[str, SampleParty] = field(default_factory=dict)

    def owner(self, name: str, province: str) -> SampleParty:
        """Find or add the owner of that name; case, spaces and punctuation make no difference."""
        key = "".join(sign for sign in name.casefold() if sign.isalnum())
        if key not in self._by_key:
            self._by_key[key] = self._new(name, province)
        return self._by_key[key]

    def all(self) -> tuple[SampleParty, ...]:
        """List the owners in the order they were met."""
        return tuple(self._by_key.values())

    def _new(self, name: str, province: str) -> SampleParty:
        if name == unnamed_owner(province):
            code = demo_credit_code(Series.UNNAMED_OWNER, int(province))
            zh = f"{provinces()[province].zh}示范发电业主"
            return SampleParty(code, name, zh, ("generator",), "power", province)
        code = demo_credit_code(Series.OWNER, len(self._by_key) + 1)
        shown = f"{name} (demo)"
        return SampleParty(code, shown, f"示范业主 {name}", ("generator",), "power", province)
