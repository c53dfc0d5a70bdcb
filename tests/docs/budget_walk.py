"""The steel mill's year of V-5, lived through the doors; each step as the page shows it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from api.sheets.read import CSV
from tests.http.budget_case import PROVINCE, YEAR, Case
from tests.http.doors import Json
from tests.http.offices import Office
from tests.http.reporting import csv_of, steel

_IDS = re.compile(r"\b([a-z]{3})_[0-7][0-9a-hjkmnp-tv-z]{12}\b")
_FIGURES = ("status", "balance_gce", "excess_gce", "needed")
_HEAD = ("credit_code", "item", "unit", "purchased", "sold")


class Walk:
    """The steps so far, by name: what was asked, and what of the answer the page shows."""

    def __init__(self, office: Office) -> None:
        """Start in the January after the year, with k and budgets set."""
        self.office, self.case = office, office.case
        self.steps: dict[str, str] = {}
        self.code = office.reporting.code(0)

    def whole(self) -> dict[str, str]:
        """Live the year."""
        self._report()
        self._offset()
        self._close()
        self._one_less_and_all()
        self._too_small()
        return self.steps

    def _report(self) -> None:
        reporting = self.office.reporting
        rows = steel(self.code)
        content = csv_of(rows, _HEAD)
        self.steps["sheet"] = self._plain(content.decode().replace("\r\n", "\n").strip())
        wrong = csv_of([*rows, (self.code, "lng", "m3", "5")], _HEAD)
        address = f"POST /v1/fossil-budgets/reports?year={YEAR}"
        refused = reporting.file(wrong, CSV).json()
        told = {"code": refused["code"], "rows": refused["facts"]["rows"]}
        self._note("refused", address, 422, told)
        shown = reporting.file(content, CSV, dry_run="true")
        self._unit("preview", f"{address}&dry_run=true", shown)
        self._unit("report", address, reporting.file(content, CSV))
        told = self.case.told()
        modes = {
            name: {figure: view[figure] for figure in _FIGURES}
            for name, view in sorted(told["modes"].items())
        }
        wanted = ("budget_gce", "traded_kwh", "k", "charge")
        answer = {**{name: told[name] for name in wanted}, "modes": modes}
        self._note("stands", "GET /v1/fossil-budgets/{budget_id}", 200, answer)
        path = "/v1/fossil-budgets/{budget_id}/plan?k=0"
        [year] = self.case.mill.get(f"{self.case.path}/plan", k="0").json()["what_if"]
        shown = _some(year, ("year", "k", "budget_gce", "status", "excess_gce", "needed"))
        self._note("without_k", f"GET {path}", 200, {"what_if": [shown]})

    def _offset(self) -> None:
        self.case.buy(1_500_000)
        plan = self.case.mill.get(f"{self.case.path}/plan").json()
        wanted = ("needed", "room", "feasible", "marginal_gce", "residual_gce", "to_buy")
        self._note("plan", "GET /v1/fossil-budgets/{budget_id}/plan", 200, _some(plan, wanted))
        done = self.case.mill.post(f"{self.case.path}/offsets", {"auto": True})
        told = _some(done.json(), ("retired", "certificates", *_FIGURES))
        address = 'POST /v1/fossil-budgets/{budget_id}/offsets {"auto": true}'
        self._note("offset", address, done.status_code, told)

    def _close(self) -> None:
        body = {"traded_kwh": 200_000_000, "document_no": "结算〔2027〕1号"}
        self.office.regulator.must(f"{self.case.path}/confirmations", body)
        spelt = json.dumps(body, ensure_ascii=False)
        told = {"traded_kwh": body["traded_kwh"]}
        self._note(
            "confirm", f"POST /v1/fossil-budgets/{{budget_id}}/confirmations {spelt}", 201, told
        )
        closed = self.case.close()
        told = _some(closed, ("state", "status", "balance_gce", "certificates", "traded_kwh"))
        self._note("close", "POST /v1/approvals/{approval_id}/approve", 201, told)
        self.office.seal()
        [group] = self.office.report("offsets")["items"]
        assert group["province"] == PROVINCE
        address = f"GET /v1/reports/offsets?year={YEAR}&as_of_size={{size}}"
        self._note("offsets", address, 200, {"items": [group]})

    def _one_less_and_all(self) -> None:
        """Live the same year as another unit: with a certificate too few, and with one too many."""
        case = self._same_mill(1)
        lot = case.buy(1_600_001, month=6)
        for name, quantity in (("less", 1_413_295), ("all", 186_706)):
            body = {"retirement_ids": [case.retire(quantity, lot)]}
            done = case.mill.must(f"{case.path}/offsets", body)
            vain = [_some(one, ("count", "reason", "en", "zh")) for one in done["unrecognised"]]
            told = _some(done, ("certificates", *_FIGURES)) | {"unrecognised": vain}
            spelt = json.dumps(body)
            self._note(name, f"POST /v1/fossil-budgets/{{budget_id}}/offsets {spelt}", 201, told)

    def _too_small(self) -> None:
        """And as a third, whose budget is 20,000 tce less."""
        case = self._same_mill(2)
        case.set("1980000")
        wanted = ("needed", "room", "feasible", "residual_gce")
        modes = {name: _some(view, wanted) for name, view in sorted(case.told()["modes"].items())}
        told = {"excess_gce": case.told()["excess_gce"], "modes": modes}
        self._note("too_small", "GET /v1/fossil-budgets/{budget_id}", 200, told)
        case.buy(1_600_000, month=7)
        case.mill.must(f"{case.path}/offsets", {"auto": True})
        told = case.told()
        modes = {
            name: _some(view, ("status", "balance_gce"))
            for name, view in sorted(told["modes"].items())
        }
        shown = _some(told, ("mode", "certificates", "status", "balance_gce", "consequence"))
        self._note("opposite", "GET /v1/fossil-budgets/{budget_id}", 200, shown | {"modes": modes})

    def _same_mill(self, n: int) -> Case:
        """Have another unit report what the mill did."""
        reporting = self.office.reporting
        assert reporting.post(steel(reporting.code(n))).status_code == 201
        unit, first = reporting.units[n][0], self.case
        return replace(
            first,
            mill=unit,
            user=first.door.account(unit.party, "user"),
            budget=reporting.budgets[n],
        )

    def _unit(self, name: str, address: str, answer: Any) -> None:
        [unit] = answer.json()["units"]
        shown = _some(unit, ("credit_code", "rows", "unchanged", *_FIGURES))
        self._note(name, address, answer.status_code, {"units": [shown]})

    def _note(self, name: str, address: str, status: int, told: Json) -> None:
        spelt = json.dumps(told, ensure_ascii=False, indent=2)
        self.steps[name] = self._plain(f"{address}\n{status}\n{spelt}")

    def _plain(self, text: str) -> str:
        """Take out what differs from one registry to another: ids, and the mill's credit code."""
        return _IDS.sub(r"\1_…", text.replace(self.code, "911500000000000MIL"))


def _some(told: Mapping[str, Any], names: Iterable[str]) -> Json:
    return {name: told[name] for name in names}
