"""The tables as SQLAlchemy Core sees them: a mirror of the migrations, which are the truth.

Each column is written `name type`, with `*` after a name of the primary key and `?` after a type
that may be NULL. Defaults, checks and foreign keys stand in the migrations alone: reads need none.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import TypeEngine

metadata: Final = MetaData()
_TYPES: Final[dict[str, TypeEngine[Any]]] = {
    "bigint": BigInteger(),
    "bigint[]": ARRAY(BigInteger()),
    "boolean": Boolean(),
    "bytea": LargeBinary(),
    "date": Date(),
    "integer": Integer(),
    "integer[]": ARRAY(Integer()),
    "jsonb": JSONB(),
    "numeric": Numeric(),
    "smallint": SmallInteger(),
    "text": Text(),
    "text[]": ARRAY(Text()),
    "timestamptz": DateTime(timezone=True),
}


def _column(spelt: str) -> Column[Any]:
    name, kind = spelt.split()
    return Column(
        name.removesuffix("*"),
        _TYPES[kind.removesuffix("?")],
        primary_key=name.endswith("*"),
        nullable=kind.endswith("?"),
        autoincrement=False,
    )


def _table(name: str, columns: str) -> Table:
    return Table(name, metadata, *map(_column, columns.split(", ")))


party = _table(
    "party",
    "id* bigint, scheme text, identity text, name text, kinds text[], province text?, sandbox "
    "boolean, journal bigint?",
)
account = _table(
    "account",
    "id* bigint, class text, party bigint, on_behalf_of bigint?, plant bigint?, floor bigint, "
    "approval_above bigint?, frozen boolean, status text, journal bigint?",
)
plant = _table(
    "plant",
    "id* bigint, party bigint, name text, energy text, technology text, capacity_kw bigint, "
    "commissioned_on date, province text, grid_connection text, market_based boolean, storage "
    "boolean, registration_code text, account bigint, journal bigint",
)
plant_approval = _table(
    "plant_approval",
    "plant* bigint, journal bigint",
)
instrument = _table(
    "instrument",
    "id* integer, code text, kind text, unit text",
)
balance = _table(
    "balance",
    "account* bigint, instrument* integer, posted bigint, held bigint, floor bigint, version "
    "bigint",
)
client = _table(
    "client",
    "id* bigint, party bigint, person text, label text, role text, scopes text[], key_name "
    "text, secret_sha256 bytea, expires_at timestamptz, revoked boolean, journal bigint?, "
    "signature_required boolean",
)
command = _table(
    "command",
    "client* bigint, key* text, request bytea, evidence bytea?, outcome jsonb, grp bigint?, "
    "at timestamptz",
)
journal = _table(
    "journal",
    "seq* bigint, grp bigint, part smallint, kind text, at timestamptz, day date, party "
    "bigint, reverses bigint?, rules bytea, external_source text?, external_id text?, body "
    "bytea, leaf bytea",
)
posting = _table(
    "posting",
    "journal* bigint, n* smallint, debit bigint, credit bigint, instrument integer, amount "
    "bigint, debit_after bigint?, credit_after bigint?, lot bigint?, lo bigint?, price_fen "
    "bigint?",
)
unsealed = _table(
    "unsealed",
    "journal bigint, leaf bytea",
)
log_leaf = _table(
    "log_leaf",
    "idx* bigint, seq bigint, leaf_hash bytea",
)
log_state = _table(
    "log_state",
    "only_row* boolean, tree_size bigint, frontier bytea",
)
document = _table(
    "document",
    "id* bigint, party bigint, sha256 bytea, media_type text, title text, bytes bytea, "
    "journal bigint",
)
rulebook = _table(
    "rulebook",
    "name* text, version* integer, digest bytea, raw bytea, journal bigint",
)
factor = _table(
    "factor",
    "name* text, province* text, year* integer, version* integer, value numeric, document_no "
    "text, journal bigint",
)
approval = _table(
    "approval",
    "id* bigint, operation text, payload bytea, payload_sha256 bytea, maker_party bigint, "
    "maker_person text, maker_client bigint, hold bigint?, expires_at timestamptz, state "
    "text, checker_person text?, outcome_group bigint?, journal bigint",
)
meter_reading = _table(
    "meter_reading",
    "id* bigint, plant bigint, month date, category text, version integer, energy_kwh bigint, "
    "mechanism boolean, source text, journal bigint",
)
lot = _table(
    "lot",
    "id* bigint, instrument integer, plant bigint, month date, energy text, category text, "
    "trade text, mechanism boolean, province text, reading bigint, first_serial bigint, size "
    "bigint, first bigint, past_serial bigint?, follows bigint?, valid_until date, "
    "origin_registry text, origin_lot text, journal bigint",
)
hold = _table(
    "hold",
    "id* bigint, kind text, account bigint, instrument integer, controller bigint, "
    "beneficiary bigint?, original bigint, remaining bigint, expires_at timestamptz?, "
    "reference text, journal bigint",
)
hold_event = _table(
    "hold_event",
    "journal* bigint, hold* bigint, event* text, amount bigint",
)
parcel = _table(
    "parcel",
    "lot* bigint, lo* bigint, size bigint, account bigint, hold bigint?, acquired_journal "
    "bigint, acquired_n smallint, trades smallint, origin text",
)
retirement = _table(
    "retirement",
    "id* bigint, account bigint, party bigint, beneficiary_code text, beneficiary_name text, "
    "purpose text, consumption_year integer, quantity bigint, statement_no text, public "
    "boolean, note text, at timestamptz, journal bigint",
)
verified_emission = _table(
    "verified_emission",
    "party* bigint, compliance_year* integer, version* integer, tco2e bigint, verifier "
    "bigint, document_no text, journal bigint, key bigint?, signature bytea?",
)
fossil_budget = _table(
    "fossil_budget",
    "id* bigint, party bigint, year integer, account bigint, mode text, journal bigint",
)
fossil_budget_event = _table(
    "fossil_budget_event",
    "budget* bigint, n* integer, kind text, body jsonb, journal bigint",
)
mandate = _table(
    "mandate",
    "id* bigint, account bigint, agent bigint, owner bigint, scopes text[], valid_from date, "
    "valid_to date, document_no text, journal bigint",
)
mandate_end = _table(
    "mandate_end",
    "mandate* bigint, journal bigint",
)
evidence = _table(
    "evidence",
    "digest* bytea, client bigint, key bigint, nonce text, base bytea, signature bytea, body bytea, "
    "at timestamptz",
)
key_challenge = _table(
    "key_challenge",
    "id* bigint, party bigint, purpose text, suite text, public_key bytea, label text, "
    "challenge bytea, expires_at timestamptz, journal bigint",
)
signing_key = _table(
    "signing_key",
    "id* bigint, challenge bigint, party bigint, purpose text, suite text, public_key bytea, "
    "label text, predecessor bigint?, journal bigint",
)
signing_key_end = _table(
    "signing_key_end",
    "key* bigint, reason text, compromised_from_index bigint?, journal bigint",
)
objection = _table(
    "objection",
    "id* bigint, party bigint, target bigint, reason text, documents bigint[], at timestamptz, "
    "journal bigint",
)
objection_decision = _table(
    "objection_decision",
    "objection* bigint, outcome text, document_no text, journal bigint",
)
consolidation = _table(
    "consolidation",
    "account bigint, lot* bigint, lo* bigint, amount bigint, journal* bigint",
)
imported_parcel = _table(
    "imported_parcel",
    "lot* bigint, lo* bigint, amount bigint, trades integer, journal bigint",
)
energy_confirmation = _table(
    "energy_confirmation",
    "budget* bigint, part* text, version* integer, kwh bigint, document_no text, journal bigint",
)
budget_statement = _table(
    "budget_statement",
    "budget* bigint, n* integer, sha256 bytea, bytes bytea, journal bigint",
)
metric_use = _table(
    "metric_use",
    "retirement* bigint, metric* text, budget bigint?, journal bigint",
)
cap = _table(
    "cap",
    "province* text, year* integer, direction* text, version* integer, cap bigint, document_no "
    "text, journal bigint",
)
cap_apportionment = _table(
    "cap_apportionment",
    "province* text, year* integer, direction* text, version* integer, room bigint, asked "
    "bigint, document_no text, journal bigint",
)
ccer_project = _table(
    "ccer_project",
    "project* text, plant bigint, method text, first_month date, last_month date, "
    "registered_on date, party bigint, document_no text, journal bigint",
)
metric_bar = _table("metric_bar", "retirement* bigint, pair* text, journal bigint")
share_target = _table(
    "share_target",
    "party* bigint, metric* text, year* integer, version* integer, share numeric, document_no "
    "text, journal bigint",
)
ets_entity = _table(
    "ets_entity",
    "party* bigint, year* integer, version* integer, status text, sector text, reason text, "
    "document_no text, journal bigint",
)
ets_installation = _table(
    "ets_installation",
    "party* bigint, year* integer, version* integer, code* text, class text, capacity_kw bigint?, "
    "commissioned_on date?, closed_on date?, journal bigint",
)
market_quote = _table(
    "market_quote",
    "day* date, vintage* integer, version* integer, close_fen bigint, volume bigint, turnover_fen "
    "bigint, journal bigint",
)
entitlement = _table(
    "entitlement",
    "party* bigint, year* integer, n* integer, stage text, quantity bigint, change bigint, "
    "verified_version integer?, ground text?, body jsonb, document_no text, journal bigint",
)
ccer_import = _table(
    "ccer_import",
    "n* integer, account bigint, party bigint, project text, registered_on date, inside_ets "
    "boolean, quantity bigint, cancellation_no text, document_no text, journal bigint",
)
carry_over = _table(
    "carry_over",
    "party* bigint, year* integer, n* integer, vintage integer, quantity bigint, journal bigint",
)
opening_standing = _table(
    "opening_standing",
    "party* bigint, source* text, as_of date, sold bigint, bought bigint, on_time integer[], "
    "journal bigint",
)
