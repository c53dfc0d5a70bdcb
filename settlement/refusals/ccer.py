"""Why reductions are not credited: the project, its method, or energy that is somebody's already."""

from dataclasses import dataclass

from ledger.refusals import Refusal


@dataclass(eq=False)
class CcerMethodNotAllowed(Refusal):
    """Projects under this method may not choose CCER on this day. 国能综通新能〔2024〕124号."""

    code = "ccer_method_not_allowed"
    method: str
    day: str


@dataclass(eq=False)
class CcerProjectUnknown(Refusal):
    """No such project is registered for this plant and month."""

    code = "ccer_project_unknown"
    project: str
    plant: str
    month: str


@dataclass(eq=False)
class CcerEnergyNotFree(Refusal):
    """More energy is claimed than is frozen of the plant's month: the rest is sold, used or credited."""

    code = "ccer_energy_not_free"
    plant: str
    month: str
    asked_kwh: int
    free_kwh: int
