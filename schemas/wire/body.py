"""What every body of /v1 has in common."""

from pydantic import BaseModel, ConfigDict


class Body(BaseModel):
    """A body that is read: nothing unknown, nothing converted, nothing changed afterwards."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Told(BaseModel):
    """A body that is answered: for the description; answers are written from stored outcomes."""

    model_config = ConfigDict(extra="allow", frozen=True)


class Links(Told):
    """Where the record behind an answer, and its proof, are found."""

    journal: str | None
    proof: str | None


class Posted(Told):
    """What every answer to a posting carries."""

    journal_id: str | None
    """The first journal of the act; none in a dry run."""
    sealed: bool
    links: Links


class Pending(Told):
    """The act waits for a second person."""

    approval_id: str
    state: str
    expires_at: str
