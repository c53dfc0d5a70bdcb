"""Projects for CCER: whose months they are credited for, what is frozen and cancelled for them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.log.replay_faults import (
    BodyMismatch,
    EnergyMismatch,
    NameTaken,
    NameUnknown,
    TouchedMismatch,
)
from ledger.log.replay_state import Entry, Project, State
from ledger.model.instrument import KWH

if TYPE_CHECKING:
    from ledger.log.replay_units import Units


def register_project(state: State, entry: Entry) -> None:
    """Put a project on file, once.

    Raises:
        NameTaken, NameUnknown: its number is taken, or its plant is not there.
        TouchedMismatch: whoever decides on the plant's energy does not decide again, or others do.
        BodyMismatch: its months end before they begin, or its method may not choose CCER.
        RuleMissing: the rules do not say which methods may.
    """
    body = entry.act.body
    if body["project"] in state.projects:
        raise NameTaken(f"{body['project']} was registered before")
    if body["plant_id"] not in state.plants:
        raise NameUnknown(f"{body['plant_id']} is not registered")
    if body["last_month"] < body["first_month"]:
        raise BodyMismatch(f"{body['project']} ends before it begins")
    energy = {(state.plants[body["plant_id"]].account, f"KWH-{category}") for category in KWH}
    if {(told["account"], told["instrument"]) for told in entry.record["touched"]} != energy:
        raise TouchedMismatch(f"{body['project']} touches other balances than its plant's energy")
    if body["method"] not in entry.law.ccer_methods(entry.day):
        raise BodyMismatch(f"projects under {body['method']} may not choose CCER")
    state.projects[body["project"]] = Project(
        body["plant_id"], body["first_month"], body["last_month"], entry.party, body["document_no"]
    )


def check_freeze(state: State, entry: Entry) -> None:
    """See whether what is frozen without a second person was issued for a project's month.

    Raises:
        NameUnknown: no such project, or no such lot.
        BodyMismatch: the lot is of another plant or month, or the freeze is not the project's.
    """
    body = entry.act.body
    project, units = _project(state, entry), state.lots.get(body["lot_id"])
    if units is None:
        raise NameUnknown(f"no record brought {body['lot_id']} into being")
    stated = (body["controller"], body["document_no"])
    if not _covers(project, units.plant, units.month) or stated != project.decided:
        raise BodyMismatch(f"{body['lot_id']} is not to be frozen for {body['project']}")
    if any(run["lot"] != body["lot_id"] for told in entry.record["holds"] for run in told["runs"]):
        raise BodyMismatch(f"units of another lot than {body['lot_id']} are frozen")


def check_claim(state: State, entry: Entry) -> None:
    """See whether a claim by plant and month is of a project that is credited for them.

    Raises:
        NameUnknown: no such project.
        BodyMismatch: it is not credited for the plant's month.
        EnergyMismatch: the certificates, a begun one whole, are more or fewer than the energy.
    """
    body = entry.act.body
    if "plant_id" not in body:
        return
    if not _covers(_project(state, entry), body["plant_id"], body["month"]):
        raise BodyMismatch(f"{body['project']} is not credited for {body['month']}")
    unit = entry.law.kwh_per_certificate(body["month"])
    if -(-int(body["energy_kwh"]) // unit) != int(body["quantity"]):
        raise EnergyMismatch(f"{body['energy_kwh']} kWh for {body['quantity']} certificates")


def check_cancelled(entry: Entry, units: Units) -> None:
    """Refuse certificates of another plant or month than the act claims energy of."""
    body = entry.act.body
    stated = (body.get("plant_id", units.plant), body.get("month", units.month))
    if stated != (units.plant, units.month):
        raise BodyMismatch(f"certificates of {units.plant} in {units.month} are cancelled")


def _project(state: State, entry: Entry) -> Project:
    found = state.projects.get(entry.act.body["project"])
    if found is None:
        raise NameUnknown(f"no record registered {entry.act.body['project']}")
    return found


def _covers(project: Project, plant: str, month: str) -> bool:
    return project.plant == plant and project.first_month <= month <= project.last_month
