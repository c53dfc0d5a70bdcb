"""A year of the sample's certificates, month by month: read, issued, sold."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import batched, cycle
from typing import Final

from sqlalchemy import text

from api.sample.cast import Cast
from api.sample.desk import CHUNK, Office, asks
from api.sample.enterprises import enterprises
from api.sample.fleet import Fleet
from api.sample.key_units import KeyUnit
from api.sample.readings import SampleReading, readings
from ledger.model.command import Actor
from ledger.refusals import Refusal
from schemas.calendar import parse_month
from settlement.desk import Decision, Desk, Reader
from settlement.issuance import Due, due
from settlement.readings import Reading, record_readings
from settlement.transfers import TransferOrder, transfer

YEAR: Final = 2025
# Fen per certificate, around the monthly averages published for 2025 (about 1 to 6 CNY).
PRICES_FEN: Final = (150, 210, 260, 320, 380, 430, 480, 520, 566, 560, 540, 515)
