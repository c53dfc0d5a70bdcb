"""A second verifier of bundles, for regulators to read: one file, the standard library and `cryptography`.

It shares no line with the first one (`ledger.log.verify`), takes nothing from it and need not be
installed beside it: copy this file and `journal.json`, the published schema of records, and run

    python independent.py BUNDLE --policy POLICY --schema journal.json

Both verifiers must find the same: the same first wrong entry, and the same code for what is wrong
with it. Every statement on which a fossil budget's year was closed is worked out again from records
and rulebooks alone; with `--statement fbg_…` one of them is printed. Read from top to bottom: keys,
notes, policy, tree, records, rules, replay, statements, requests, program. The sources are the
standards (RFC 8032, 8785, 9162; C2SP signed-note, tlog-checkpoint, tlog-cosignature, tlog-policy,
tlog-tiles), the published tables of the registry (docs/kinds.md), and for statements what docs/budgets.md
cites: guide 622 of 2026, document 803 of 2022, GB/T 2589-2020.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import json
import re
import sys
import tomllib
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256
from itertools import chain
from math import ceil, floor
from pathlib import Path
from typing import Any, NoReturn

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

Json = dict[str, Any]
SPELL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


class Wrong(Exception):
    """The first thing that is wrong: a code that is a promise, a sentence, and the entry, if it is one."""

    def __init__(self, code: str, sentence: str, index: int | None = None) -> None:
        """Say what is wrong."""
        super().__init__(sentence)
        self.code = code
        self.index = index


def wrong(code: str, sentence: str, index: int | None = None) -> NoReturn:
    """End everything: nothing after the first failure is worth looking at."""
    raise Wrong(code, sentence, index)


# --- Keys: RFC 8032, strictly -------------------------------------------------------------------

P = 2**255 - 19
CURVE_D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
Point = tuple[int, int]


def decode_point(raw: bytes) -> Point | None:
    """Read a point of edwards25519 as RFC 8032 §5.1.3 wants it written; None for any other bytes."""
    number = int.from_bytes(raw, "little")
    y, sign = number % 2**255, number >> 255
    if len(raw) != 32 or y >= P:
        return None
    u, v = (y * y - 1) % P, (CURVE_D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if v * x * x % P == -u % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if v * x * x % P != u or (x == 0 and sign):
        return None
    return (P - x if x % 2 != sign else x, y)


def add_points(one: Point, other: Point) -> Point:
    """Add two points. Source: RFC 8032 §5.1.4, in affine coordinates."""
    (x1, y1), (x2, y2) = one, other
    product = CURVE_D * x1 * x2 * y1 * y2 % P
    x = (x1 * y2 + x2 * y1) * pow(1 + product, -1, P) % P
    y = (y1 * y2 + x1 * x2) * pow(1 - product, -1, P) % P
    return (x, y)


def is_sound(raw: bytes) -> bool:
    """Tell whether a signature may rest on this point: well written, and not of low order.

    OpenSSL takes keys of low order, under which one signature holds for every message. A point
    is of low order if eight of it are nothing.
    """
    point = decode_point(raw)
    if point is None:
        return False
    for _ in range(3):
        point = add_points(point, point)
    return point != (0, 1)


def verify_ed25519(public: bytes, message: bytes, signature: bytes) -> bool:
    """Verify strictly: key and R are both sound; `cryptography` refuses an S that is too large."""
    if len(signature) != 64 or not is_sound(public) or not is_sound(signature[:32]):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def verify_mldsa44(public: bytes, message: bytes, signature: bytes) -> bool:
    """Verify a signature of FIPS 204 with an empty context."""
    try:
        MLDSA44PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


# --- Notes and checkpoints: C2SP signed-note, tlog-checkpoint, tlog-cosignature -------------------

LOG_LINE, COSIGNATURE, COSIGNATURE_44 = 1, 4, 6
KEY_BYTES = {LOG_LINE: 32, COSIGNATURE: 32, COSIGNATURE_44: 1312}


@dataclass(frozen=True)
class Key:
    """A verifier key: whose it is, how it signs, and its bytes."""

    name: str
    kind: int
    public: bytes

    @property
    def id(self) -> bytes:
        """The four bytes that stand before its signatures."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]


def unbase64(text: str) -> bytes | None:
    """Read base64 in its one strict spelling."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if base64.b64encode(raw).decode() == text else None


def whole_number(text: str) -> int | None:
    """Read a decimal number without sign or leading zeros."""
    return int(text) if re.fullmatch("0|[1-9][0-9]{0,18}", text) else None


def is_name(text: str) -> bool:
    """Tell whether a key may be called so."""
    return bool(text) and not any(c.isspace() or c == "+" or c < " " for c in text)


def read_key(text: str) -> Key:
    """Read a verifier key `name+id+base64`; a weak key is refused here, before it verifies anything."""
    parts = re.fullmatch(r"([^+]+)\+([0-9a-f]{8})\+(.+)", text, re.DOTALL)
    material = unbase64(parts[3]) if parts else None
    if not parts or not material or not is_name(parts[1]) or material[0] not in KEY_BYTES:
        wrong("vkey_malformed", "a line of the policy holds no verifier key of a known kind")
    key = Key(parts[1], material[0], material[1:])
    unsound = key.kind != COSIGNATURE_44 and not is_sound(key.public)
    if len(key.public) != KEY_BYTES[key.kind] or unsound:
        wrong("key_refused", f"the key of {key.name} is one under which a signature proves nothing")
    if key.id.hex() != parts[2]:
        wrong("vkey_malformed", f"the key of {key.name} has not the id of its bytes")
    return key


@dataclass(frozen=True)
class Note:
    """A signed text, and its signature lines as (name, key id, bytes)."""

    text: str
    lines: list[tuple[str, bytes, bytes]]


def read_note(raw: bytes) -> Note:
    """Read a note; the last blank line parts text and signatures."""
    try:
        whole = raw.decode()
    except UnicodeDecodeError:
        wrong("note_malformed", "the note is not UTF-8")
    text, blank, below = whole.rpartition("\n\n")
    controls = any(c < " " and c != "\n" for c in whole)
    if not blank or controls or not below.endswith("\n") or len(raw) > 512 * 1024:
        wrong("note_malformed", "the note has no text and signatures, or has control characters")
    lines = []
    for line in below[:-1].split("\n"):
        dash, name, encoded, *rest = [*line.split(" "), "", ""]
        signature = unbase64(encoded)
        if dash != "\u2014" or not is_name(name) or any(rest) or not signature:
            wrong("note_malformed", "a line of the note is no signature")
        if line != f"\u2014 {name} {encoded}" or len(signature) <= 4:
            wrong("note_malformed", "a line of the note is no signature")
        lines.append((name, signature[:4], signature[4:]))
    if len(lines) > 64:
        wrong("note_malformed", "the note has too many signatures")
    return Note(text + "\n", lines)


@dataclass(frozen=True)
class Head:
    """What a checkpoint says: which log, how many entries, which root."""

    origin: str
    size: int
    root: bytes
    extensions: bool = False


def read_head(text: str) -> Head:
    """Read the text of a checkpoint."""
    *lines, rest = text.split("\n")
    if rest or len(lines) < 3 or any(not line or re.search(r"[\x00-\x1f]", line) for line in lines):
        wrong("checkpoint_malformed", "the checkpoint has not three lines or more, each of text")
    size, root = whole_number(lines[1]), unbase64(lines[2])
    if size is None or size >= 2**63 or root is None or len(root) != 32:
        wrong("checkpoint_malformed", "the checkpoint has no size and root")
    if size == 0 and root != sha256(b"").digest():
        wrong("wrong_empty_root", "an empty tree has another root")
    return Head(lines[0], size, root, len(lines) > 3)


def signed_message(key: Key, text: str, time: int) -> bytes | None:
    """Write what a key of this kind signs; None if it cannot sign such a text."""
    if key.kind == LOG_LINE:
        return text.encode()
    if key.kind == COSIGNATURE:
        return f"cosignature/v1\ntime {time}\n{text}".encode()
    head = read_head(text)
    if head.extensions or time >= 2**63 or max(len(key.name), len(head.origin)) > 255:
        return None
    name, origin = key.name.encode(), head.origin.encode()
    numbers = [n.to_bytes(8, "big") for n in (time, 0, head.size)]
    label = b"subtree/v1\n\0" + bytes([len(name)]) + name + numbers[0]
    return label + bytes([len(origin)]) + origin + numbers[1] + numbers[2] + head.root


def signature_holds(key: Key, text: str, signature: bytes) -> bool:
    """Verify one signature line of a known key."""
    time = 0
    if key.kind in (COSIGNATURE, COSIGNATURE_44):
        time, signature = int.from_bytes(signature[:8], "big"), signature[8:]
    message = signed_message(key, text, time)
    if message is None or time >= 2**63:
        return False
    verify = verify_mldsa44 if key.kind == COSIGNATURE_44 else verify_ed25519
    return verify(key.public, message, signature)


def signers_of(note: Note, keys: Iterable[Key]) -> set[Key]:
    """Verify the lines of known keys, all of which must hold; lines of unknown keys say nothing."""
    known = {(key.name, key.id): key for key in keys}
    found = set()
    for name, key_id, signature in note.lines:
        key = known.get((name, key_id))
        if key is not None and not signature_holds(key, note.text, signature):
            wrong("signature_invalid", f"the signature of {name} does not hold")
        if key is not None:
            found.add(key)
    return found


# --- The policy: C2SP tlog-policy; it is the verifier's own, never the bundle's --------------------


@dataclass
class Policy:
    """Logs, witnesses by name, groups as (name, threshold, members), and the quorum's name."""

    logs: list[Key] = field(default_factory=list)
    witnesses: dict[str, Key] = field(default_factory=dict)
    groups: list[tuple[str, int, list[str]]] = field(default_factory=list)
    quorum: str = ""

    def is_met(self, cosigned: Iterable[str]) -> bool:
        """Tell whether these witnesses are enough."""
        met = set(cosigned)
        for name, threshold, members in self.groups:
            if len(met.intersection(members)) >= threshold:
                met.add(name)
        return self.quorum == "none" or self.quorum in met


def read_policy(raw: bytes) -> Policy:
    """Read a policy, line by line."""
    text, policy, taken = raw.decode("utf-8", "surrogateescape"), Policy(), set[str]()
    if not text.endswith("\n") or re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text):
        wrong("policy_malformed", "the policy has a control character, or is cut off")
    for line in text.split("\n"):
        words = line.split()
        if words and not words[0].startswith("#"):
            read_policy_line(policy, taken, words)
    if not policy.quorum:
        wrong("policy_malformed", "the policy names no quorum")
    return policy


def read_policy_line(policy: Policy, taken: set[str], words: list[str]) -> None:
    """Take in one line; a name means one thing, and counts in one group."""
    names = {*policy.witnesses, *(name for name, _, _ in policy.groups)}
    match words:
        case ["log", vkey] | ["log", vkey, _]:
            policy.logs.append(read_key(vkey))
        case ["witness", name, vkey] | ["witness", name, vkey, _] if name not in {*names, "none"}:
            policy.witnesses[name] = read_key(vkey)
        case ["group", name, threshold, *members] if name not in {*names, "none"} and members:
            if not names.issuperset(members) or len({*members} - taken) != len(members):
                wrong("policy_malformed", f"a member of {name} is unknown or counts twice")
            taken |= {*members}
            needed = {"any": 1, "all": len(members)}.get(threshold) or whole_number(threshold)
            if not needed or needed > len(members):
                wrong("policy_malformed", f"{name} can never be met, or always is")
            policy.groups.append((name, needed, members))
        case ["quorum", name] if name in {*names, "none"} and not policy.quorum:
            policy.quorum = name
        case _:
            wrong("policy_malformed", f"{words[0]} ... is no line of a policy")
    keys = [key.public for key in [*policy.logs, *policy.witnesses.values()]]
    if len({*keys}) != len(keys):
        wrong("policy_malformed", "a key is named twice")


def open_checkpoint(raw: bytes, policy: Policy, *, quorum: bool = True) -> Head:
    """Believe a checkpoint: signed by its log, and cosigned by a quorum of witnesses."""
    note = read_note(raw)
    head = read_head(note.text)
    own = [key for key in policy.logs if key.name == head.origin]
    if not own:
        wrong("origin_unknown", f"the policy names no log {head.origin}")
    signers = signers_of(note, [*own, *policy.witnesses.values()])
    if not signers.intersection(own):
        wrong("log_signature_missing", f"{head.origin} did not sign this")
    cosigned = [name for name, key in policy.witnesses.items() if key in signers]
    if quorum and not policy.is_met(cosigned):
        wrong("quorum_missing", f"only {cosigned} cosigned")
    return head


# --- The tree and its files: RFC 9162 §2.1, C2SP tlog-tiles ---------------------------------------

WIDTH = 256


def leaf_hash(entry: bytes) -> bytes:
    """Hash an entry."""
    return sha256(b"\x00" + entry).digest()


def tree_root(hashes: list[bytes]) -> bytes:
    """Hash a list of leaves, or of perfect trees of one size, into the root above them all."""
    if not hashes:
        return sha256(b"").digest()
    while len(hashes) > 1:
        pairs = zip(hashes[::2], hashes[1::2], strict=False)
        above = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
        hashes = above if len(hashes) % 2 == 0 else [*above, hashes[-1]]
    return hashes[0]


def append_leaf(peaks: list[bytes], size: int, leaf: bytes) -> None:
    """Let a tree of this size grow: of each perfect tree in it, largest first, the root is kept."""
    while size % 2:
        leaf, size = sha256(b"\x01" + peaks.pop() + leaf).digest(), size // 2
    peaks.append(leaf)


def root_over(peaks: list[bytes]) -> bytes:
    """Hash what is kept of a tree into its root."""
    root = peaks[-1] if peaks else sha256(b"").digest()
    for left in peaks[-2::-1]:
        root = sha256(b"\x01" + left + root).digest()
    return root


def file_number(index: int) -> str:
    """Spell the number of a tile: groups of three digits, all but the last after an x."""
    groups = [f"{index % 1000:03}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03}")
    return "/".join(groups)


def read_part(root: Path, stem: str, width: int) -> bytes | None:
    """Read a full tile, or a partial one; where that is gone, the full one that it has become."""
    for path in [root / f"{stem}.p/{width}"] * (width < WIDTH) + [root / stem]:
        if path.exists():
            return path.read_bytes()
    return None


def parts_of(count: int) -> Iterator[tuple[int, int]]:
    """Yield the number and width of each tile that holds so many hashes or entries."""
    for index in range(0, count, WIDTH):
        yield index // WIDTH, min(WIDTH, count - index)


def read_entries(root: Path, size: int) -> list[bytes]:
    """Read all entries of a bundle: each after its length in two bytes."""
    entries: list[bytes] = []
    for number, width in parts_of(size):
        first, raw = len(entries), read_part(root, f"tile/entries/{file_number(number)}", width)
        if raw is None:
            wrong("missing_entries", f"entries from {first} on are not there", first)
        at = 0
        while at < len(raw) and len(entries) < first + width:
            end = at + 2 + int.from_bytes(raw[at : at + 2], "big")
            if at + 2 > len(raw) or end > len(raw):
                wrong("misshapen_bundle", "a file is cut in an entry", len(entries))
            entries.append(raw[at + 2 : end])
            at = end
        is_partial = (root / f"tile/entries/{file_number(number)}.p/{width}").exists()
        if len(entries) != first + width or (at < len(raw) and (is_partial or width == WIDTH)):
            wrong("misshapen_bundle", "a file has more or fewer entries", len(entries))
    return entries


def check_tiles(root: Path, leaves: list[bytes]) -> None:
    """Hold every tile against the hashes that the entries make, lowest level first."""
    hashes, level, span = leaves, 0, 1
    while hashes:
        for number, width in parts_of(len(hashes)):
            made = hashes[number * WIDTH : number * WIDTH + width]
            other = first_other(root, f"tile/{level}/{file_number(number)}", made)
            if other is not None:
                code = "tile_not_of_tree" if level else "entry_not_in_tree"
                wrong(
                    code, f"tile {level}/{number} has other hashes", (number * WIDTH + other) * span
                )
        full = range(0, len(hashes) - WIDTH + 1, WIDTH)
        hashes = [tree_root(hashes[at : at + WIDTH]) for at in full]
        level, span = level + 1, span * WIDTH


def first_other(root: Path, stem: str, made: list[bytes]) -> int | None:
    """Find the first hash of a tile that is not what it should be."""
    told = read_part(root, stem, len(made))
    if told is None:
        wrong("missing_tile", f"{stem} is not there")
    if len(told) not in {32 * len(made), 32 * WIDTH}:
        wrong("misshapen_tile", f"{stem} has {len(told)} bytes")
    return next((n for n, each in enumerate(made) if told[32 * n : 32 * n + 32] != each), None)


# --- Records: RFC 8785 under a strict profile, and the published schema ---------------------------

INVISIBLE = re.compile(
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u061c\u2028-\u202e\u2060-\u206f"
    "\u3164\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff\x00-\x1f\x7f-\x9f\ud800-\udfff]"
)


MEMBER = re.compile("[a-z][a-z0-9_]*")


def read_record(raw: bytes, index: int) -> Json:
    """Read a record: parse it, write it again, compare; then look at its text."""
    try:
        record = json.loads(
            raw.decode(),
            object_pairs_hook=read_object,
            parse_int=read_integer,
            parse_float=refuse,
            parse_constant=refuse,
        )
    except (ValueError, RecursionError) as fault:
        wrong("record_not_canonical", f"the entry cannot be read: {fault}", index)
    same = SPELL(record).encode("utf-8", "surrogatepass") == raw
    deep = raw.count(b"{") + raw.count(b"[") > 32 and depth_of(record) > 32
    if not isinstance(record, dict) or not same or len(raw) > 16 * 1024 or deep:
        wrong("record_not_canonical", "the entry is not spelt as it must be", index)
    plain = raw.isascii() and b"\\" not in raw and b"\x7f" not in raw
    for text in () if plain else texts_of(record):
        if INVISIBLE.search(text) or is_noncharacter(text) or not is_normal(text):
            wrong("record_not_canonical", "the entry has text that is not what it seems", index)
    return record


def read_object(pairs: list[tuple[str, Any]]) -> Json:
    """Refuse an object that says something twice, or has a name that none of ours has."""
    members = dict(pairs)
    if len(members) != len(pairs) or any(
        not re.fullmatch("[a-z][a-z0-9_]*", name) for name in members
    ):
        refuse("members")
    return members


def read_integer(digits: str) -> int:
    """Read a whole number that every reader keeps exactly."""
    if len(digits) > 17 or abs(int(digits)) >= 2**53:
        refuse(digits)
    return int(digits)


def refuse(literal: str) -> NoReturn:
    """Refuse what the profile does not know."""
    raise ValueError(f"{literal} is not allowed")


def texts_of(value: Any) -> Iterator[str]:
    """Yield every text in a record."""
    if isinstance(value, str):
        yield value
    for inner in (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    ):
        yield from texts_of(inner)


def depth_of(value: Any) -> int:
    """Count how many objects and lists stand within each other."""
    inner = (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    )
    return 0 if inner is None else 1 + max(map(depth_of, inner), default=0)


def is_normal(text: str) -> bool:
    """Tell whether a text is composed as far as it can be: NFC."""
    return unicodedata.is_normalized("NFC", text)


def is_noncharacter(text: str) -> bool:
    """Tell whether a text has one of the code points that end each plane."""
    return any(ord(c) & 0xFFFE == 0xFFFE for c in text)


def fits(schema: Json, value: Any, top: Json) -> bool:
    """Tell whether a value is what a schema describes, as far as the published one goes."""
    if "$ref" in schema:
        return fits(top["$defs"][schema["$ref"].removeprefix("#/$defs/")], value, top)
    if "const" in schema:
        return type(value) is type(schema["const"]) and value == schema["const"]
    if "enum" in schema:
        return isinstance(value, str) and value in schema["enum"]
    return FITS[schema["type"]](schema, value, top)


def fits_text(schema: Json, value: Any, _: Json) -> bool:
    """Hold a text against its pattern."""
    return isinstance(value, str) and bool(re.fullmatch(schema.get("pattern", "(?s).*"), value))


def fits_integer(schema: Json, value: Any, _: Json) -> bool:
    """Hold a number against its bounds."""
    return type(value) is int and schema["minimum"] <= value <= schema["maximum"]


def fits_list(schema: Json, value: Any, top: Json) -> bool:
    """Hold a list against its length and its items."""
    if not isinstance(value, list):
        return False
    sized = schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value))
    return sized and all(fits(schema["items"], item, top) for item in value)


def fits_object(schema: Json, value: Any, top: Json) -> bool:
    """Hold an object against its members; those that are not named may not be there."""
    if not isinstance(value, dict) or not value.keys() >= set(schema.get("required", ())):
        return False
    known = schema.get("properties")
    if known is None:
        return True
    return all(name in known and fits(known[name], item, top) for name, item in value.items())


FITS: dict[str, Callable[[Json, Any, Json], bool]] = {
    "string": fits_text,
    "integer": fits_integer,
    "boolean": lambda _, value, __: isinstance(value, bool),
    "array": fits_list,
    "object": fits_object,
}


def check_shape(schema: Json, record: Json, index: int) -> None:
    """Hold a record against the published schema, and its body against that of its kind."""
    shaped = fits(schema, record, schema) and ("body" in record) != ("continues" in record)
    if not shaped or (
        "body" in record and not fits(schema["$defs"][record["kind"]], record["body"], schema)
    ):
        wrong("record_not_of_its_shape", "the record is not as its kind must be", index)


# --- What each kind of act may do: docs/kinds.md, as data -----------------------------------------

HOLDERS = "generator user agent province"
FROZEN = {"freeze", "judicial", "ccer"}
GREEN = "green_power"  # the origin of certificates that followed settled green power
SALE = f"{HOLDERS} > user agent province : GEC"
OWED = "DUE-CEA CCER-ROOM CEA-DEBT"
FOSSIL = "fossil.direct fossil.power fossil.heat recognised.traded recognised.certificate"


@dataclass(frozen=True)
class Kind:
    """One row of the table: ways as `givers > takers : instruments`, and what else it asks."""

    moves: str = ""
    rule: str = ""
    trades: int = 0
    origin: str = ""  # how certificates came to whom it moves them; "" leaves what was
    takes: frozenset[str] = frozenset()
    from_frozen: bool = False
    seizes: bool = False
    own: bool = False
    mandate: str = ""
    eyes: str = ""  # always, or above the account's limit
    back: str = ""  # which kind takes it back

    def leads(self, giver: str, taker: str, code: str) -> bool:
        """Tell whether units may go this way; succession stays within a class."""
        head, _, tail = code.rpartition("-")
        family = head if tail.isdigit() or head == "KWH" else code
        family = "CAP" if code.startswith("CAP-") else family
        for way in filter(None, self.moves.split(";")):
            ends, families = way.split(" : ")
            givers, takers = ends.split(" > ")
            to = taker in takers.split() if takers.strip() != "same" else taker == giver
            if giver in givers.split() and to and family in families.split():
                return True
        return False


def sale(**changes: Any) -> Kind:
    """Describe a sale, or what differs from one."""
    usual = {"moves": SALE, "mandate": "sell", "eyes": "above", "back": "reverse.act"}
    return Kind(**{**usual, "origin": "assigned", **changes})


TRADE = sale(
    moves=f"{SALE};cea_trading > cea_trading : CEA", rule="trade", trades=1, origin="traded"
)
KINDS: dict[str, Kind] = defaultdict(Kind) | {
    "party.succession": Kind(
        f"{HOLDERS} > same : GEC;cea_registry cea_trading province province_custody > same : CEA;"
        f"duty > same : {OWED} QUOTA-CEA CARRY-ROOM CAP;ccer > same : CCER",
        eyes="always",
        back="reverse.act",
    ),
    "account.freeze": Kind(eyes="always"),
    "account.unfreeze": Kind(eyes="always"),
    "rulebook.adopt": Kind(eyes="always"),
    "hold.open": Kind(mandate="sell", eyes="above"),
    "units.freeze": Kind(seizes=True, eyes="always"),
    "units.unfreeze": Kind(takes=frozenset(FROZEN), eyes="always"),
    "units.forced_transfer": Kind(
        f"{HOLDERS} > {HOLDERS} : GEC;cea_registry cea_trading > cea_registry cea_trading : CEA",
        rule="valid",
        from_frozen=True,
        takes=frozenset({"judicial"}),
        eyes="always",
    ),
    "objection.decide": Kind(eyes="always"),
    "opening.lot": Kind(
        "external > plant : KWH;plant > certified : KWH;"
        f"external > {HOLDERS} retired expired : GEC",
        origin="imported",
        eyes="always",
    ),
    "opening.balance": Kind(
        "external > cea_registry cea_trading province province_custody : CEA;"
        f"external > duty : {OWED}",
        eyes="always",
    ),
    "reverse.act": Kind(eyes="always"),
    "reverse.decision": Kind(eyes="always"),
    "reading.record": Kind("source > plant : KWH;plant > source : KWH"),
    "gec.issue": Kind("plant > certified : KWH;source > generator agent : GEC", origin="issued"),
    "transfer.listing": TRADE,
    "transfer.bilateral": TRADE,
    "transfer.auction": TRADE,
    "transfer.green_power": sale(
        moves="generator agent > user agent province : GEC",
        rule="trade",
        trades=1,
        origin=GREEN,
    ),
    "transfer.allocation": sale(
        moves="province > user : GEC", rule="valid", mandate="", eyes="always"
    ),
    "transfer.hydro_assignment": sale(moves="generator agent > user province : GEC", rule="hydro"),
    "transfer.mechanism_assignment": sale(
        moves="generator agent > province : GEC", rule="mechanism"
    ),
    "transfer.self_use": sale(moves="generator agent > user : GEC", rule="self_use"),
    "transfer.off_grid": sale(moves="generator agent > user : GEC", rule="off_grid"),
    "gec.retire": Kind(
        f"{HOLDERS} > retired : GEC",
        rule="retire",
        mandate="retire",
        eyes="above",
        back="reverse.decision",
    ),
    "gec.expire": Kind(
        f"{HOLDERS} > expired : GEC",
        rule="expire",
        from_frozen=True,
        takes=frozenset({*FROZEN, "order", "approval"}),
    ),
    "gec.revoke": Kind(
        "generator agent > revoked : GEC;certified > plant : KWH",
        rule="untraded",
        from_frozen=True,
        takes=frozenset({"freeze"}),
        eyes="always",
    ),
    "gec.cancel_ccer": Kind(
        "generator agent > cancelled : GEC",
        rule="untraded",
        from_frozen=True,
        takes=frozenset({"ccer"}),
        eyes="always",
    ),
    "ccer.project": Kind(eyes="always"),
    "ccer.freeze": Kind(seizes=True),
    "cea.create": Kind("source > province : CEA", eyes="always"),
    "cea.list": Kind(eyes="always"),
    "cea.approve": Kind("source > duty : QUOTA-CEA;duty > source : QUOTA-CEA", eyes="always"),
    "cea.allocate": Kind(
        "province > cea_registry province_custody : CEA;duty > discharged : CEA-DEBT QUOTA-CEA",
        back="reverse.act",
    ),
    "cea.return": Kind(
        "cea_registry province_custody > province : CEA;source > duty : CEA-DEBT;"
        "discharged > duty : CEA-DEBT QUOTA-CEA",
        back="reverse.act",
    ),
    "cea.reduce": Kind("source > duty : CEA-DEBT", eyes="always", back="reverse.act"),
    "cea.release": Kind("province_custody > cea_registry : CEA", back="reverse.act"),
    "cea.move": Kind("cea_registry cea_trading > cea_registry cea_trading : CEA", own=True),
    "cea.cancel": Kind("cea_registry cea_trading > cancelled : CEA", eyes="always"),
    "cea.verify": Kind("source > duty : DUE-CEA CCER-ROOM;duty > source : DUE-CEA CCER-ROOM"),
    "cea.surrender": Kind(
        "cea_registry province_custody > surrendered : CEA;ccer > surrendered : CCER;"
        "duty > discharged : DUE-CEA CCER-ROOM",
        rule="surrender",
        back="reverse.decision",
    ),
    "ccer.import": Kind("external > ccer : CCER", eyes="always", back="reverse.act"),
    "cea.carry_over": Kind(
        "cea_registry > converted : CEA;source > cea_registry : CEA;"
        "source > duty : CARRY-ROOM;duty > source discharged : CARRY-ROOM",
        eyes="always",
    ),
    "budget.set": Kind("budget.source > budget : FEB;budget > budget.source : FEB", eyes="always"),
    "budget.restate": Kind(
        f"budget > {FOSSIL} : FEB;{FOSSIL} > budget : FEB;"
        "duty budget > budget : CAP;budget > duty : CAP"
    ),
    "cap.set": Kind("source > duty : CAP;duty > source budget : CAP", eyes="always"),
    "cap.apportion": Kind(eyes="always"),
    "cap.part": Kind("duty > duty : CAP", eyes="always"),
    "budget.close": Kind(eyes="always"),
    "budget.reopen": Kind(eyes="always"),
    "share.target": Kind(eyes="always"),
}

SINKS = [
    "source", "certified", "retired", "expired", "revoked", "cancelled", "surrendered", "discharged",
    "converted", "external", "fossil.direct", "fossil.power", "fossil.heat", "recognised.traded",
    "recognised.certificate", "budget.source",
]  # fmt: skip
DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
SINK = {cls: f"acc_{'0' * 12}{DIGITS[n]}" for n, cls in enumerate(SINKS, 1)}
REGISTRY = "pty_0000000000001"
CLASSES = {
    *HOLDERS.split(), "province_custody", "cea_registry", "cea_trading", "ccer", "cash",
    "plant", "budget", "duty", "clearing",
}  # fmt: skip
LARGEST = 2**62
SLACK = timedelta(minutes=5)  # how long a transaction may last


# --- Rulebooks: policy as data, adopted by acts of the log ----------------------------------------


def value_in_force(books: dict[str, Json], name: str, day: date) -> Any:
    """Find the value of a parameter on a key date, in whichever book has it."""
    for book in books.values():
        for span in book["parameters"].get(name, {}).get("values", ()):
            if span["from"] <= day <= span.get("to", date.max):
                return span["value"]
    wrong("rule_missing", f"no rule {name} is in force on {day}")


def digest_of(books: dict[str, Json]) -> str:
    """Name a set of rulebooks: SHA-256 over the sorted lines `name:digest`."""
    lines = sorted(f"{name}:{book['digest']}\n" for name, book in books.items())
    return sha256("".join(lines).encode()).hexdigest()


def span_in_force(books: dict[str, Json], name: str, day: date) -> tuple[Json, Json, Json] | None:
    """Find the book, the table and the span of a parameter on a key date, if any is in force."""
    for book in books.values():
        table = book["parameters"].get(name, {})
        for span in table.get("values", ()):
            if span["from"] <= day <= span.get("to", date.max):
                return book, table, span
    return None


# --- Replay: every record against all before it ---------------------------------------------------


@dataclass
class Account:
    """Where units are, whose they are, and what may not be done with them."""

    cls: str
    party: str
    owner: str
    limit: int | None = None
    frozen: bool = False
    closed: bool = False
    mandates: dict[str, tuple[list[str], str, str]] = field(default_factory=dict)

    @property
    def whose(self) -> str:
        """The party whose units lie there: what a province keeps is the emitter's."""
        return self.owner if self.cls == "province_custody" else self.party

    @property
    def is_sink(self) -> bool:
        """Tell whether it is one of the registry's own sources and sinks."""
        return self.cls in SINKS

    @property
    def floor(self) -> int:
        """The least it may have: plants and budgets may owe."""
        return -LARGEST if self.cls in {"plant", "budget"} else 0


@dataclass
class Lot:
    """What was issued together: its facts, and runs as [first, past, account, hold, trades, story]."""

    facts: Json
    first: int
    size: int
    runs: list[list[Any]]

    def within(self, lo: int, past: int) -> list[list[Any]]:
        """Cut runs at both ends, and give those that lie between."""
        for at in (lo, past):
            for n, (start, end, *rest) in enumerate(self.runs):
                if start < at < end:
                    self.runs[n : n + 1] = [[start, at, *rest], [at, end, *rest]]
                    break
        return [run for run in self.runs if lo <= run[0] and run[1] <= past]


@dataclass
class Hold:
    """Units set aside."""

    kind: str
    account: str
    code: str
    controller: str
    receiver: str | None
    expires: str | None
    day: str
    left: int = 0
    pending: bool = False  # allowances to be surrendered or cancelled


Story = tuple[str, int, Any]
"""How certificates came to whom they lie with: their origin, the index of the record, the story before."""


@dataclass
class Act:
    """One act, and what its records have done so far."""

    kind: str
    body: Json
    first: str
    rules: dict[str, Json]
    day: str
    last: int = 0
    back: Json | None = None  # the record that it takes back
    moved: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    given: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    due: dict[tuple[str, str, str], int] = field(default_factory=dict)  # must yet go so
    pieces: int = 0
    opens: str = ""
    opened: int = 0
    ended: int = 0
    settles: bool = False
    receiver: str | None = None


@dataclass
class Request:
    """The records that one request made."""

    head: tuple[Any, ...]
    parts: int
    part: int = 0
    approved: bool = False
    granted: set[str] = field(default_factory=set)
    due: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    rooms: dict[tuple[str, str], int] = field(default_factory=dict)  # under caps, as it found them
    back: dict[tuple[str, str], tuple[int, list[Json]]] = field(default_factory=dict)
    """Of a party's vintage: what was kept back before it, and the bodies of its returns."""
    act: Act | None = None


@dataclass
class Line:
    """A posting that an act must have made; an account of None is any, "" one not on file yet."""

    debit: str | None
    credit: str | None
    code: str
    amount: int


@dataclass
class Snapshots:
    """At which sizes of the log snapshots are told of, and what they must say; the tree so far."""

    wanted: set[int]
    made: dict[int, Json] = field(default_factory=dict)
    peaks: list[bytes] = field(default_factory=list)


@dataclass
class Caps:
    """What is set of provincial caps: seats of parties, versions of each cap, and how often it was shared."""

    seats: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, list[int]] = field(default_factory=dict)
    runs: dict[str, int] = field(default_factory=lambda: defaultdict(int))


@dataclass
class Ets:
    """Of parties' years, by `party year`: versions of lists, approved, granted rooms; imports by code."""

    listed: dict[str, list[tuple[str, Json]]] = field(default_factory=lambda: defaultdict(list))
    approved: dict[str, Json] = field(default_factory=dict)
    rooms: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    carried: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    imports: dict[str, Json] = field(default_factory=dict)
    moves: dict[str, list[Moved]] = field(default_factory=lambda: defaultdict(list))  # by party
    stood: dict[str, list[Json]] = field(default_factory=lambda: defaultdict(list))  # by party
    passed: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """What of a duty came from predecessors, less what went to successors."""
    heirs: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """From which parties a quota came, by who has it and year."""
    kept: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    """What of a party's vintage was kept back for reductions, and is so still."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What one record changed of a party's allowances or duties, in t; `counts` from which day on."""

    counts: str
    code: str
    change: int
    trade: str = ""  # id of the record, if it is a sale


class Auditor:
    """Holds every record against all before it; whatever cannot be true ends the audit."""

    projects: dict[str, Json]  # for CCER, by number

    def __init__(
        self,
        records: list[Json],
        leaves: list[bytes],
        rulebooks: dict[str, bytes],
        requests: Requests,
    ) -> None:
        """Take the log's records and their hashes in order, rulebooks by digest, and who asks for what."""
        self.records, self.leaves, self.rulebooks, self.asked = records, leaves, rulebooks, requests
        self.latest, self.caps, self.filed = "", Caps(), Filed()
        self.snapshots = Snapshots(sizes_of_snapshots(records))
        self.seen, self.projects = dict[str, int](), {}
        self.accounts = {name: Account(cls, REGISTRY, REGISTRY) for cls, name in SINK.items()}
        self.own: dict[tuple[str, str, str], str] = {}
        books: list[dict[tuple[str, str], int]] = [defaultdict(int) for _ in range(3)]
        self.posted, self.held, self.version = books
        self.lots: dict[str, Lot] = {}
        self.series: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self.holds: dict[str, Hold] = {}
        self.approvals: dict[str, Json] = {}
        self.plants: dict[str, Json] = {}
        self.readings: dict[str, tuple[int, int]] = {}
        self.emissions: dict[str, tuple[int, int]] = {}
        self.budgets: dict[str, tuple[str, str, int]] = {}
        self.factors: dict[str, int] = defaultdict(int)
        self.vintages, self.ets = set[str](), Ets()
        self.names, self.taken_back = {REGISTRY}, set[str]()
        self.keys: set[tuple[str, str]] = set()
        self.revoked: dict[str, str] = {}
        self.books: dict[str, Json] = {}
        self.rules: dict[str, tuple[dict[str, Json], str]] = {digest_of({}): ({}, "")}
        self.requests: dict[str, Request] = {}

    def audit(self) -> dict[str, dict[str, int]]:
        """Replay everything; return what each instrument came to, by class of account."""
        for index in range(len(self.records)):
            self.take_next(index)
        return self.finish()

    def take_next(self, index: int) -> None:
        """Take the record at an index; whatever is wrong with it is wrong there."""
        if index in self.snapshots.wanted:
            self.snapshots.made[index] = self.snapshot()
        append_leaf(self.snapshots.peaks, index, self.leaves[index])
        try:
            self.take(index, self.records[index])
            self.asked.take(index, self.records[index])
            self.check_snapshot(self.records[index])
        except Wrong as found:
            found.index = index if found.index is None else found.index
            raise

    def take(self, index: int, record: Json) -> None:
        """Take one record."""
        request = self.place(index, record)
        act = self.act_of(request, record)
        act.last = index
        if "body" in record:
            self.begin(record, act, request)
        if KINDS[act.kind].eyes == "always" and not request.approved:
            wrong("not_approved", f"{act.kind} needs a second person")
        changed = self.perform(record, act, request)
        if act.kind == "budget.restate":
            self.check_caps(record, act)
        self.touch(record, act, changed)
        if request.part == request.parts:
            self.complete(request.act)
            if any(request.due.values()):
                wrong("hold_mismatch", "units did not leave their holds")
            self.check_returned(request)
            self.requests.pop(record["group"], None)

    def perform(self, record: Json, act: Act, request: Request) -> set[tuple[str, str]]:
        """Let holds and postings of a record happen; return the balances that they changed."""
        changed: set[tuple[str, str]] = set()
        if act.kind == "cea.return" and "body" in record:
            key = (self.accounts[act.body["account"]].owner, act.body["vintage"])
            request.back.setdefault(key, (max(0, self.ets.kept[key]), []))[1].append(act.body)
        events = record.get("holds", [])
        for event in sorted(events, key=lambda event: event["event"] == "open"):
            changed.add(self.tell_hold(record, act, request, event))
        for n, posting in enumerate(record.get("postings", []), 1):
            if posting["n"] != n:
                wrong("touched_mismatch", "postings are not numbered in order")
            changed |= self.post(record, act, request, posting)
            self.note(record, act, posting)
        return changed

    # What every record must say alike

    def place(self, index: int, record: Json) -> Request:
        """Check a record's log, number, time, rules and request."""
        if record["log"] != self.records[0]["log"]:
            wrong("other_registry", "the record is of another log")
        if record["id"] in self.seen:
            wrong("id_seen", f"{record['id']} came before")
        self.seen[record["id"]] = index
        at = record["at"]
        if at < self.latest and shifted(at, SLACK) < self.latest:
            wrong("time_backwards", f"{at} comes after {self.latest}")
        self.latest = max(at, self.latest)
        if record["day"] != day_of(at):
            wrong("day_mismatch", f"{record['day']} is not the day of {at}")
        client = record["actor"]["client"]
        if client in self.revoked and at > self.revoked[client]:
            wrong("client_revoked", f"{client} was revoked")
        _, until = self.rules.get(record["rules"], ({}, "-"))
        if until == "-" or (until and at > until):
            wrong("rules_unknown", "the record names rules that are not in force")
        return self.request_of(record)

    def request_of(self, record: Json) -> Request:
        """Find the request that a record belongs to, or begin one."""
        group, part, parts = record["group"], record["part"], record["parts"]
        head = (record["at"], record["actor"], record["req"], record["rules"], parts)
        if part == 1:
            key = (record["actor"]["client"], record.get("key", ""))
            if group != record["id"] or "key" not in record:
                wrong("group_broken", "the first record of a request is not named so")
            if key in self.keys:
                wrong("key_seen", "a request under this key came before")
            self.keys.add(key)
            request = Request(head, parts)
            if parts > 1:
                self.requests[group] = request
        elif group not in self.requests:
            wrong("group_broken", f"{group} is not open")
        else:
            request = self.requests[group]
            if request.head != head or "key" in record:
                wrong("group_broken", f"{record['id']} is not of one request with {group}")
        if part != request.part + 1 or part > parts:
            wrong("group_broken", f"part {part} follows part {request.part}")
        request.part = part
        return request

    def act_of(self, request: Request, record: Json) -> Act:
        """Find the act that a record continues, or begin one."""
        act = request.act
        if "body" in record:
            self.complete(act)
            books, _ = self.rules[record["rules"]]
            request.act = Act(record["kind"], record["body"], record["id"], books, record["day"])
            return request.act
        if act is None or (act.first, act.kind) != (record["continues"], record["kind"]):
            wrong("group_broken", "the record continues another act than the one before it")
        return act

    # What acts say

    def begin(self, record: Json, act: Act, request: Request) -> None:
        """Let an act take effect, but for holds and postings; then see which postings it must have."""
        for member in act.body.keys() & set(NAMES.get(act.kind, "").split()):
            self.name(act.body[member])
        if act.kind in ENTERING:
            ENTERING[act.kind](self, record, act, request)
        if act.kind in FILING:
            FILING[act.kind](self.filed, act.last, act.body)
        if "external" in record:
            self.name(f"{record['external']['source']}\n{record['external']['id']}")
        if act.kind in WHOLE:
            WHOLE[act.kind](self, record, act)
        if act.kind.startswith("reverse.") or "reverses" in record:
            self.reverse(record, act)
        if act.kind in EXPECTED:
            self.compare(
                record, act, [line for line in EXPECTED[act.kind](self, record, act) if line.amount]
            )

    def name(self, name: str) -> None:
        """Let something of this name come into being, once."""
        if name in self.names:
            wrong("name_taken", f"{name} came into being before")
        self.names.add(name)

    def known(self, name: str) -> None:
        """Want something of this name to be there."""
        if name not in self.names:
            wrong("name_unknown", f"no record brought {name} into being")

    def budget(self, name: str) -> tuple[str, str]:
        """Find whose budget of which year this is."""
        if name not in self.budgets:
            wrong("name_unknown", f"no record set {name}")
        return self.budgets[name][:2]

    def count_on(self, place: str, version: str) -> None:
        """Want the version of a figure that comes after the last."""
        self.factors[place] += 1
        if int(version) != self.factors[place]:
            wrong("name_taken", f"{place} has another version")

    def account(self, name: str) -> Account:
        """Find an account that is open."""
        if name not in self.accounts:
            wrong("name_unknown", f"no record opened {name}")
        if self.accounts[name].closed:
            wrong("account_not_open", f"{name} is closed")
        return self.accounts[name]

    def open(self, name: str, account: Account) -> None:
        """Put an account on file."""
        place = (account.party, account.cls, account.owner)
        if account.cls not in CLASSES:
            wrong("name_unknown", f"there is no class {account.cls}")
        if name in self.accounts or (account.cls != "plant" and place in self.own):
            wrong("name_taken", f"{name} or another account of {place} is there")
        self.accounts[name], self.own[place] = account, name

    def register_plant(self, record: Json, act: Act, request: Request) -> None:
        """Register a plant, and the account of its energy."""
        body = act.body
        self.known(body["party"])
        self.open(body["account_id"], Account("plant", body["party"], body["party"]))
        if not is_day(body["commissioned_on"]):
            wrong("lot_mismatch", "the plant was commissioned on no day")
        self.plants[body["plant_id"]] = {**body, "approved": False}

    def approve_plant(self, record: Json, act: Act, request: Request) -> None:
        """Approve a plant, once."""
        plant = self.plants.get(act.body["plant_id"])
        if plant is None or plant["approved"]:
            wrong("name_unknown", "the plant is not registered, or approved already")
        plant["approved"] = True

    def open_account(self, record: Json, act: Act, request: Request) -> None:
        """Open an account, perhaps for another party."""
        body = act.body
        owner = str(body.get("on_behalf_of", body["party"]))
        self.known(body["party"])
        self.known(owner)
        limit = int(body["approval_above"]) if "approval_above" in body else None
        self.open(body["account"], Account(body["class"], body["party"], owner, limit))

    def freeze(self, record: Json, act: Act, request: Request) -> None:
        """Freeze an account, or lift that."""
        self.account(act.body["account_id"]).frozen = act.body["frozen"]

    def close(self, record: Json, act: Act, request: Request) -> None:
        """Close an account that has nothing."""
        name = act.body["account_id"]
        account = self.account(name)
        if any(
            n and key[0] == name for book in (self.posted, self.held) for key, n in book.items()
        ):
            wrong("account_not_open", f"{name} was closed while it had something")
        account.closed = True

    def grant(self, record: Json, act: Act, request: Request) -> None:
        """Let an agent act for an owner."""
        body = act.body
        account = self.account(body["account_id"])
        if (account.cls, account.party, account.owner) != (
            "agent",
            body["agent_id"],
            body["owner_id"],
        ):
            wrong("name_unknown", "the account is not that agent's for that owner")
        account.mandates[body["mandate_id"]] = (
            body["scopes"],
            body["valid_from"],
            body["valid_to"],
        )

    def end_mandate(self, record: Json, act: Act, request: Request) -> None:
        """End a mandate."""
        name = act.body["mandate_id"]
        if not any(account.mandates.pop(name, None) for account in self.accounts.values()):
            wrong("name_unknown", f"no mandate {name} is in force")

    def revoke_client(self, record: Json, act: Act, request: Request) -> None:
        """Revoke an API key."""
        self.known(act.body["client_id"])
        self.revoked.setdefault(act.body["client_id"], shifted(record["at"], SLACK))

    def object(self, record: Json, act: Act, request: Request) -> None:
        """File an objection to an act of this log, with evidence on file."""
        if act.body["act_id"] not in self.seen:
            wrong("name_unknown", "there is no such act to object to")
        for name in act.body["document_ids"]:
            self.known(name)

    def rule_on(self, record: Json, act: Act, request: Request) -> None:
        """Decide an objection that was filed."""
        self.known(act.body["objection_id"])

    def owe(self, record: Json, act: Act, request: Request) -> None:
        """Only a registered party owes."""
        self.known(act.body["party"])

    def close_budget(self, record: Json, act: Act, request: Request) -> None:
        """See whether a budget closes with what its account has."""
        body = act.body
        party, year = self.budget(body["budget_id"])
        posted = self.posted.get((self.own.get((party, "budget", party), ""), f"FEB-{year}"), 0)
        if (str(posted), record["rules"]) != (body["balance_gce"], body["rules_digest"]):
            wrong("body_mismatch", f"the budget has {posted} gce")
        self.filed.compare(Closing(self, record, request), act.last)

    def seat(self, record: Json, act: Act, request: Request) -> None:
        """Note where a party has its seat."""
        self.caps.seats[act.body["party"]] = act.body.get("province", "")

    def ours(self, cls: str) -> str:
        """Find the registry's account of caps: duty is free room, budget what had no cap."""
        if (REGISTRY, cls, REGISTRY) not in self.own:
            wrong("name_unknown", "the accounts of caps are not opened")
        return self.own[REGISTRY, cls, REGISTRY]

    def share_out(self, record: Json, act: Act, request: Request) -> None:
        """Share out what a cap leaves free, run by run."""
        code = cap_code(act.body)
        self.caps.runs[code] += 1
        if int(act.body["version"]) != self.caps.runs[code]:
            wrong("name_taken", f"{code} has another run")
        if self.posted.get((self.ours("duty"), code), 0) != int(act.body["room"]):
            wrong("cap_passed", f"{code} has other room than is shared out")

    def check_caps(self, record: Json, act: Act) -> None:
        """See whether a budget takes room that there is, and as much of it as it says."""
        party, year = self.budget(act.body["budget_id"])
        account, told = self.own.get((party, "budget", party), ""), act.body.get("capped", {})
        place = {"province": self.caps.seats.get(party, ""), "year": year}
        codes = {cap_code({**place, "direction": to}): int(units) for to, units in told.items()}
        for posting in record.get("postings", []):
            code, ends = posting["instrument"], {posting["debit"], posting["credit"]}
            if not code.startswith("CAP-"):
                continue
            rooms = {self.ours("duty"), self.own.get((party, "duty", party), "")}
            rooms |= set() if code in self.caps.sizes else {self.ours("budget")}
            if code not in codes or account not in ends or not ends & rooms:
                wrong("cap_passed", f"a budget takes {code} from where it may not")
        for code, units in codes.items():
            if self.posted.get((account, code), 0) != units:
                wrong("body_mismatch", f"the budget has other room under {code} than it says")

    def reopen_budget(self, record: Json, act: Act, request: Request) -> None:
        """Let a budget's year be opened again: the record names the statement that stood, if any did."""
        body = act.body
        self.budget(body["budget_id"])
        closed = self.filed.budgets[body["budget_id"]].closed
        said = {"n": str(len(closed)), "statement_sha256": closed[-1] if closed else None}
        if any(body.get(name, value) != value for name, value in said.items()):
            wrong(
                "statement_mismatch", "a year is opened again that was closed on another statement"
            )

    def confirm_energy(self, record: Json, act: Act, request: Request) -> None:
        """Let energy of a budget's year be confirmed, version by version of each part."""
        name = act.body["budget_id"]
        self.budget(name)
        for one in act.body["confirmed"]:
            self.count_on(f"{name} {one['part']}", one["version"])

    def set_share(self, record: Json, act: Act, request: Request) -> None:
        """Set a unit's share, version by version."""
        self.known(act.body["party_id"])
        place = " ".join(act.body[name] for name in ("party_id", "metric", "year"))
        self.count_on(place, act.body["version"])

    def claim_share(self, record: Json, act: Act, request: Request) -> None:
        """Let retirements count towards a party's metric, each once."""
        self.known(act.body["party_id"])
        for name in act.body["retirement_ids"]:
            self.known(name)
            place = f"{name} {act.body['metric']}"
            self.factors[place] += 1
            if self.factors[place] != 1:
                wrong("name_taken", f"{name} counts already")

    def open_vintage(self, record: Json, act: Act, request: Request) -> None:
        """Open a vintage of allowances."""
        self.vintages.add(f"CEA-{act.body['vintage']}")

    def list_entity(self, record: Json, act: Act, request: Request) -> None:
        """Put a party on a year's list, or take it off."""
        body = act.body
        self.known(body["party"])
        self.count_on(f"list {body['party']} {body['year']}", body["version"])
        self.ets.listed[f"{body['party']} {body['year']}"].append((record["at"], body))

    def quote(self, record: Json, act: Act, request: Request) -> None:
        """Take note of which versions of a day's quotes were told."""
        for one in act.body["quotes"]:
            self.count_on(f"quote {act.body['day']} {one.get('vintage', 0)}", one["version"])

    def set_factor(self, record: Json, act: Act, request: Request) -> None:
        """Set a figure, version by version."""
        place = " ".join(act.body[name] for name in ("name", "province", "year"))
        self.count_on(place, act.body["version"])

    def bring_lot(self, record: Json, act: Act, request: Request) -> None:
        """Bring a lot into being; all of it is with its source at first."""
        body, plant = act.body, self.plant(act.body["plant_id"])
        self.check_lot(act, plant)
        first, size = int(body.get("first_serial", 0)), int(body["count"])
        series = " ".join((plant["plant_id"], body["month"], body["category"], body["trade"]))
        if body["lot_id"] in self.lots:
            wrong("name_taken", f"{body['lot_id']} came into being before")
        meets = any(first < past and start < first + size for start, past in self.series[series])
        if size <= 0 or meets:
            wrong("serials_overlap", f"serials of {series} were issued before")
        self.series[series].append((first, first + size))
        source = SINK["external" if act.kind == "opening.lot" else "source"]
        self.lots[body["lot_id"]] = Lot(
            body, first, size, [[0, size, source, "", 0, ("", act.last, None)]]
        )

    def check_lot(self, act: Act, plant: Json) -> None:
        """See whether a lot is what its plant, its month and the rules make of it."""
        body, rules, month = act.body, act.rules, date.fromisoformat(f"{act.body['month']}-01")
        ends = month_after(month, value_in_force(rules, "gec.validity_months", month)) - timedelta(
            days=1
        )
        before = value_in_force(rules, "gec.transition_before", month)
        until = value_in_force(rules, "gec.transition_until", month)
        trade = trade_of(plant, body["category"], date.fromisoformat(act.day), rules)
        made = [plant["energy"], plant["province"], (until if month < before else ends).isoformat()]
        sorted_so = act.kind == "opening.lot" or trade == body["trade"]
        if made != [body["energy"], body["province"], body["valid_until"]] or not sorted_so:
            wrong("lot_mismatch", f"the lot should be {made}, {trade}")

    def check_metered(self, act: Act, plant: Json) -> None:
        """See whether a plant can have generated so much in a month that is over."""
        month, kwh = date.fromisoformat(f"{act.body['month']}-01"), int(act.body["energy_kwh"])
        first = date.fromisoformat(plant["commissioned_on"]).replace(day=1)
        if not first <= month < date.fromisoformat(act.day).replace(day=1):
            wrong("energy_mismatch", "the month is before the plant, or not over")
        hours = (month_after(month, 1) - month).days * 24
        margin = Decimal(value_in_force(act.rules, "gec.capacity_margin", month))
        if kwh > int(int(plant["capacity_kw"]) * hours * margin):
            wrong("energy_mismatch", "a plant of this capacity cannot generate so much")

    def consolidate(self, record: Json, act: Act, request: Request) -> None:
        """Join parcels: nothing moves, but all must be there and free."""
        self.account(act.body["account"])
        for told in act.body["runs"]:
            for run in self.located(told, int(told["count"])):
                if run[2] != act.body["account"]:
                    wrong("not_the_owner", "not all of the run is there")
                if run[3]:
                    wrong("units_held", "some of the run is set aside")
                run[5] = (run[5][0], act.last, run[5])

    def register_project(self, record: Json, act: Act, request: Request) -> None:
        """Register a plant's project, credited for some of its months under a method the rules name."""
        body, day = act.body, date.fromisoformat(record["day"])
        if body["project"] in self.projects:
            wrong("name_taken", f"{body['project']} was registered before")
        if body["plant_id"] not in self.plants:
            wrong("name_unknown", f"{body['plant_id']} is not registered")
        account = self.plants[body["plant_id"]]["account_id"]
        energy = {
            (account, f"KWH-{name}") for name in ("on_grid", "self_use", "off_grid", "storage")
        }
        if {(told["account"], told["instrument"]) for told in record["touched"]} != energy:
            wrong("touched_mismatch", "a project touches the energy of its plant, and nothing else")
        methods = value_in_force(act.rules, "gec.ccer_methods", day).split(",")
        allowed = body["method"] in [method.strip() for method in methods]
        if body["last_month"] < body["first_month"] or not allowed:
            wrong(
                "body_mismatch", f"{body['project']} ends early, or its method may not be credited"
            )
        self.projects[body["project"]] = body | {"party": record["actor"]["party"]}

    def project_of(self, body: Json, plant: str, month: str) -> Json:
        """Find a project, which must be credited for the plant's month."""
        project = self.projects.get(body["project"])
        if project is None:
            wrong("name_unknown", f"no record registered {body['project']}")
        if project["plant_id"] != plant:
            wrong("body_mismatch", f"{body['project']} is not of {plant}")
        if not project["first_month"] <= month <= project["last_month"]:
            wrong("body_mismatch", f"{body['project']} is not credited for {month}")
        return project

    def freeze_issued(self, record: Json, act: Act, request: Request) -> None:
        """A lot of a project's month may be frozen without a second person, by who registered it."""
        body = act.body
        if body["lot_id"] not in self.lots:
            wrong("name_unknown", f"no record brought {body['lot_id']} into being")
        facts = self.lots[body["lot_id"]].facts
        project = self.project_of(body, facts["plant_id"], facts["month"])
        stated = (body["controller"], body["document_no"])
        if stated != (project["party"], project["document_no"]):
            wrong("body_mismatch", f"the freeze is not that of {body['project']}")
        runs = [run["lot"] for event in record["holds"] for run in event["runs"]]
        if set(runs) - {body["lot_id"]}:
            wrong("body_mismatch", "units of another lot are frozen")

    def credit(self, record: Json, act: Act, request: Request) -> None:
        """Energy of a plant's month is credited to a project of it, a certificate for so many kWh."""
        body = act.body
        if "plant_id" not in body:
            return
        self.project_of(body, body["plant_id"], body["month"])
        month = date.fromisoformat(f"{body['month']}-01")
        unit = value_in_force(act.rules, "gec.kwh_per_cert", month)
        if -(-int(body["energy_kwh"]) // unit) != int(body["quantity"]):
            wrong("energy_mismatch", "other certificates are cancelled than the energy makes")

    def open_approval(self, record: Json, act: Act, request: Request) -> None:
        """Let an act wait for a second person."""
        name = act.body["approval_id"]
        if name in self.approvals:
            wrong("name_taken", f"{name} was opened before")
        holds = record.get("holds")
        self.approvals[name] = {
            "maker": record["actor"]["person"],
            "expires": act.body["expires_at"],
            "hold": holds[0]["hold"] if holds else None,
            "open": True,
        }

    def decide(self, record: Json, act: Act, request: Request) -> None:
        """Decide what waits: once, in time, and not by who asked; or let it lapse."""
        waiting = self.approvals.get(act.body["approval_id"])
        if waiting is None:
            wrong("name_unknown", "no record opened this approval")
        lapses, over = act.kind == "approval.expire", record["at"] >= waiting["expires"]
        if not waiting["open"] or lapses != over:
            wrong("not_approved", "this is not the time to decide")
        if not lapses and record["actor"]["person"] == waiting["maker"]:
            wrong("not_approved", "who asked decided as well")
        waiting["open"] = False
        request.approved |= act.kind == "approval.approve"
        request.granted |= {waiting["hold"]} - {None}

    def adopt(self, record: Json, act: Act) -> None:
        """Let a rulebook rule; what was decided meanwhile may still name the rules before."""
        body = act.body
        try:
            book: Json = tomllib.loads(self.rulebooks.get(body["digest"], b"").decode())
        except ValueError:
            book = {}
        before = self.books.get(body["name"], {"version": 0})["version"]
        told = (book.get("name"), str(book.get("version")))
        if told != (body["name"], body["version"]) or int(body["version"]) <= before:
            wrong(
                "rulebook_missing", f"the bytes of {body['name']} {body['version']} are not there"
            )
        old = digest_of(self.books)
        self.rules[old] = (self.rules[old][0], shifted(record["at"], SLACK))
        self.books = {**self.books, book["name"]: {**book, "digest": body["digest"]}}
        self.rules[digest_of(self.books)] = (self.books, "")

    def pass_on(self, record: Json, act: Act) -> None:
        """Take note of what passes from one party's accounts to another's."""
        body = act.body
        self.known(body["to_party"])
        for told in body["passed"]:
            giver, taker = (self.accounts.get(told[end]) for end in ("account", "to_account"))
            if giver is None or giver.whose != body["from_party"]:
                wrong("body_mismatch", f"{told['account']} is not of {body['from_party']}")
            keeper = {giver.party} if giver.cls == "province_custody" else {body["to_party"]}
            if taker and (taker.whose != body["to_party"] or taker.party not in keeper):
                wrong("body_mismatch", f"{told['to_account']} is not of {body['to_party']}")
            key = (told["account"], told["to_account"], told["instrument"])
            act.due[key] = act.due.get(key, 0) + int(told["quantity"])
        self.check_rooms(act)

    def check_rooms(self, act: Act) -> None:
        """See whether room for reductions passes with its share of the duty, or with all of it."""
        passed: dict[tuple[str, str], int] = defaultdict(int)
        for (account, _, code), units in act.due.items():
            passed[account, code] += units
        for account, code in [key for key in passed if key[1].startswith("CCER-ROOM-")]:
            year = code.removeprefix("CCER-ROOM-")
            due = (account, f"DUE-CEA-{year}")
            if passed[due] < self.posted.get(due, 0):
                share = Fraction(value_in_force(act.rules, "ccer.cap", date(int(year), 1, 1)))
                if passed[account, code] > floor(passed[due] * share):
                    wrong("duty_mismatch", f"{code} passes without so much duty")

    def give_back(self, record: Json, act: Act) -> None:
        """Take note of the energy that a plant gets back."""
        lot = self.lots.get(act.body["lot_id"])
        if lot is None or lot.facts["plant_id"] != act.body["plant_id"]:
            wrong("energy_mismatch", "the lot is not of the plant that the act says")
        month = date.fromisoformat(f"{lot.facts['month']}-01")
        unit = value_in_force(act.rules, "gec.kwh_per_cert", month)
        account, code = (
            self.plants[act.body["plant_id"]]["account_id"],
            f"KWH-{lot.facts['category']}",
        )
        act.due[SINK["certified"], account, code] = int(act.body["revoked"]) * unit

    def reverse(self, record: Json, act: Act) -> None:
        """Take a record back: the inverse of its postings, the last first, once."""
        name, body = record.get("reverses"), act.body
        if name not in self.seen or name == record["id"] or name in self.taken_back:
            wrong("reversal_mismatch", f"{name} is not there, or was taken back")
        self.taken_back.add(name)
        old = self.records[self.seen[name]]
        stated = (body.get("journal_id"), body.get("act_id"), body.get("kind"), act.kind)
        if stated != (name, old.get("continues", name), old["kind"], KINDS[old["kind"]].back):
            wrong(
                "reversal_mismatch", f"{name} is not what the act says, or not to be taken back so"
            )
        members = ("instrument", "amount", "lot", "first")
        turned = [
            (p["credit"], p["debit"], *map(p.get, members)) for p in old.get("postings", [])[::-1]
        ]
        new = [(p["debit"], p["credit"], *map(p.get, members)) for p in record.get("postings", [])]
        if turned != new:
            wrong("reversal_mismatch", "the postings are not the old ones, turned round")
        act.back = old
        if old["kind"] == "gec.retire":
            self.filed.take_back(str(stated[1]), self.seen[name])

    # Postings that acts must have

    def compare(self, record: Json, act: Act, lines: list[Line]) -> None:
        """Hold the postings of a record against those that follow from the act."""
        energy = act.kind in {"gec.issue", "reading.record"}
        code, postings = (
            "energy_mismatch" if energy else "body_mismatch",
            record.get("postings", []),
        )
        if act.kind == "opening.lot":
            postings = postings[: len(lines)]
        if len(postings) != len(lines):
            wrong(code, "there are more or fewer postings than the act asks for")
        for line, posting in zip(lines, postings, strict=True):
            same = (posting["instrument"], int(posting["amount"])) == (line.code, line.amount)
            ends = ((line.debit, posting["debit"]), (line.credit, posting["credit"]))
            if not same or not all(
                wanted is None or wanted == found or (wanted == "" and found not in self.accounts)
                for wanted, found in ends
            ):
                wrong(code, "a posting is not what the act says")

    def plant(self, name: str) -> Json:
        """Find a plant that is approved."""
        plant = self.plants.get(name)
        if plant is None or not plant["approved"]:
            wrong("name_unknown", f"{name} is not registered and approved")
        return plant

    def duty_of(self, account: str) -> str:
        """Find the duty account of whom an account is kept for; "" before there is one."""
        if account not in self.accounts:
            wrong("name_unknown", f"no record opened {account}")
        owner = self.accounts[account].owner
        return self.own.get((owner, "duty", owner), "")

    def vintage(self, body: Json) -> str:
        """Name the allowances that an act is about."""
        code = f"CEA-{body['vintage']}"
        if code not in self.vintages or body.get("instrument", code) != code:
            wrong("name_unknown", f"{code} was not opened, or is not what the act says")
        return code

    def lines_of_reading(self, record: Json, act: Act) -> list[Line]:
        """A reading posts what its version adds to the one before."""
        body, plant = act.body, self.plant(act.body["plant_id"])
        self.check_metered(act, plant)
        place = " ".join((plant["plant_id"], body["month"], body["category"]))
        version, before = self.readings.get(place, (0, 0))
        if int(body["version"]) != version + 1:
            wrong("energy_mismatch", f"{place} has another version")
        self.readings[place] = (version + 1, int(body["energy_kwh"]))
        change = int(body["energy_kwh"]) - before
        return [from_or_to("source", plant["account_id"], f"KWH-{body['category']}", change)]

    def certified(self, act: Act) -> Line:
        """A lot takes its energy from the plant."""
        month = date.fromisoformat(f"{act.body['month']}-01")
        unit = value_in_force(act.rules, "gec.kwh_per_cert", month)
        plant, code = self.plant(act.body["plant_id"]), f"KWH-{act.body['category']}"
        return Line(plant["account_id"], SINK["certified"], code, int(act.body["count"]) * unit)

    def lines_of_issue(self, record: Json, act: Act) -> list[Line]:
        """Certificates go to the plant's owner, or to an agent for it."""
        energy, postings = self.certified(act), record.get("postings", [])
        if (
            " ".join(act.body[name] for name in ("plant_id", "month", "category"))
            not in self.readings
        ):
            wrong("energy_mismatch", "the month was not metered")
        holder = self.accounts.get(postings[-1]["credit"]) if postings else None
        if holder is not None and holder.owner != self.plant(act.body["plant_id"])["party"]:
            wrong("energy_mismatch", "certificates were issued to another than the plant's owner")
        return [energy, Line(SINK["source"], None, "GEC", int(act.body["count"]))]

    def lines_of_opening(self, record: Json, act: Act) -> list[Line]:
        """A lot that comes in brings its energy along."""
        body, plant = act.body, self.plant(act.body["plant_id"])
        self.check_metered(act, plant)
        place = " ".join((plant["plant_id"], body["month"], body["category"]))
        if place in self.readings:
            wrong("energy_mismatch", f"{place} was metered here")
        self.readings[place] = (1, int(body["energy_kwh"]))
        energy = self.certified(act)
        brought = from_or_to("external", plant["account_id"], energy.code, int(body["energy_kwh"]))
        return [brought, energy]

    def lines_of_verification(self, record: Json, act: Act) -> list[Line]:
        """Verified emissions are a duty, and room for a share of it."""
        body, year = act.body, act.body["compliance_year"]
        place = f"{body['party']} {year}"
        version, before = self.emissions.get(place, (0, 0))
        if int(body["version"]) != version + 1:
            wrong("duty_mismatch", f"{place} has another version")
        if self.ets.passed[place] < 0:
            wrong("duty_mismatch", f"{place} is a successor's duty by now")
        if flag_of(act.rules, "cea.verifier_signs", year) and "key_id" not in body:
            wrong("duty_mismatch", f"the emissions of {place} are not signed")
        now = int(body["tco2e"])
        self.emissions[place] = (version + 1, now)
        share = Fraction(value_in_force(act.rules, "ccer.cap", date(int(year), 1, 1)))
        granted = self.ets.rooms[place] if "room" in body else floor(before * share)
        room = floor(now * share) - granted
        if body.get("room", str(room)) != str(room):
            wrong("duty_mismatch", f"{place} gets other room than is its share")
        self.ets.rooms[place] += room
        account = self.own.get((body["party"], "duty", body["party"]), "")
        return [
            from_or_to("source", account, f"DUE-CEA-{year}", now - before),
            from_or_to("source", account, f"CCER-ROOM-{year}", room),
        ]

    def lines_of_surrender(self, record: Json, act: Act) -> list[Line]:
        """What is handed in discharges as much of the duty of whom it is kept for, or is named."""
        body, postings = act.body, record.get("postings", [])
        giver = self.accounts.get(postings[0]["debit"]) if postings else None
        party = body.get("party", giver.owner if giver else "")
        duty = self.own.get((party, "duty", party))
        if giver is None or duty is None:
            wrong("duty_mismatch", "nothing was handed in, or for somebody without a duty")
        if giver.cls == "province_custody" and party != giver.owner:
            wrong("duty_mismatch", "what is kept for one serves another")
        self.check_vintages(act)
        units, sink = (
            [(postings[0]["debit"], f"CEA-{v}", n) for v, n in handed(body)],
            "surrendered",
        )
        brought = self.own.get((giver.party, "ccer", giver.party), "")
        for one in body.get("ccer", []):
            self.check_reduction(act, one["instrument"])
            units.append((brought, one["instrument"], int(one["quantity"])))
        lines = [Line(account, SINK[sink], code, count) for account, code, count in units]
        year, total = body["compliance_year"], sum(line.amount for line in lines)
        room = total - sum(count for _, count in handed(body))
        return [
            *lines,
            Line(duty, SINK["discharged"], f"DUE-CEA-{year}", total),
            Line(duty, SINK["discharged"], f"CCER-ROOM-{year}", room),
        ]

    def check_vintages(self, act: Act) -> None:
        """See whether the due year takes these vintages, on time or as arrears."""
        year = date(int(act.body["compliance_year"]), 1, 1)
        vintages = [vintage for vintage, _ in handed(act.body)]
        if not vintages:
            return
        late = date.fromisoformat(act.day) > value_in_force(
            act.rules, "cea.surrender_deadline", year
        )
        span = "cea.vintage.arrears_" if late else "cea.vintage."
        least, most = (value_in_force(act.rules, f"{span}{end}", year) for end in ("min", "max"))
        if min(vintages) < least or max(vintages) > most:
            wrong("wrong_year", f"{year.year} takes vintages {least} to {most}")

    def check_reduction(self, act: Act, code: str) -> None:
        """See whether the due year takes reductions of an import."""
        if code not in self.ets.imports:
            wrong("name_unknown", f"{code} was not brought in")
        year, found = act.body["compliance_year"], self.ets.imports[code]
        after = span_in_force(act.rules, "ccer.registered_after", date(int(year), 1, 1))
        if after and date.fromisoformat(found["registered_on"]) <= after[2]["value"]:
            wrong("wrong_year", f"{code} was registered too early")
        if found["inside_ets"] and not flag_of(act.rules, "ccer.inside_ets_allowed", year):
            wrong("duty_mismatch", f"{code} is of a project under the cap")

    def lines_of_import(self, record: Json, act: Act) -> list[Line]:
        """Reductions come in once a cancellation, as units of their own."""
        body, code = act.body, act.body["instrument"]
        if code in self.ets.imports:
            wrong("name_taken", f"{code} came in before")
        self.name(f"cancelled {body['cancellation_no']}")
        self.ets.imports[code] = body
        return [Line(SINK["external"], body["account"], code, int(body["quantity"]))]

    def lines_of_carrying(self, record: Json, act: Act) -> list[Line]:
        """Old allowances give way to as many new ones, within the room that the figures told give."""
        body, old, duty = act.body, self.vintage(act.body), self.duty_of(act.body["account"])
        year, units = body["year"], int(body["quantity"])
        self.check_carried(record, act)
        key = date(int(year), 1, 1)
        told = {name: int(body[name]) for name in ("holdings", "sold", "bought")}
        base, times = (
            value_in_force(act.rules, f"cea.carry.{name}", key) for name in ("base", "multiplier")
        )
        net = max(0, told["sold"] - told["bought"])
        most = min(told["holdings"], base + floor(Fraction(times) * net)) * body["on_time"]
        place = f"{self.accounts[body['account']].owner} {year}"
        change = most - self.ets.carried[place]
        if (body["t_max"], body["room_change"]) != (str(most), str(change)):
            wrong("body_mismatch", "the figures give another limit")
        self.check_past(act)
        self.ets.carried[place] = most
        return [
            Line(body["account"], SINK["converted"], old, units),
            Line(SINK["source"], body["account"], f"CEA-{year}", units),
            from_or_to("source", duty, f"CARRY-ROOM-{year}", change),
            Line(duty, SINK["discharged"], f"CARRY-ROOM-{year}", units),
        ]

    def check_past(self, act: Act) -> None:
        """See whether what is told of holdings, trades and duties is what the records before come to."""
        body, key = act.body, date(int(act.body["year"]), 1, 1)
        party = self.accounts[body["account"]].owner
        names = ("sales_from", "sales_to", "vintage_min", "vintage_max", "on_time_years")
        begins, ends, least, most, years = (
            value_in_force(act.rules, f"cea.carry.{name}", key) for name in names
        )
        codes = {f"CEA-{vintage}" for vintage in range(least, most + 1)}
        old = [moved for moved in self.ets.moves[party] if moved.code in codes]
        old = [moved for moved in old if moved.counts <= ends.isoformat()]
        sales = [
            moved.change
            for moved in old
            if moved.trade
            and moved.trade not in self.taken_back
            and moved.counts >= begins.isoformat()
        ]
        stood = self.ets.stood[party]
        come_to = {
            "holdings": sum(moved.change for moved in old),
            "sold": sum(int(told["sold"]) for told in stood) - sum(n for n in sales if n < 0),
            "bought": sum(int(told.get("bought", 0)) for told in stood)
            + sum(n for n in sales if n > 0),
        }
        for name, units in come_to.items():
            if body[name] != str(units):
                wrong("holdings_mismatch", f"{name} come to {units}")
        if body["on_time"] != all(self.met(act, party, year.strip()) for year in years.split(",")):
            wrong("holdings_mismatch", "a duty was met in time, or was not")

    def met(self, act: Act, party: str, year: str) -> bool:
        """Tell whether a year's duty was nothing at its deadline, or the other registry says so."""
        deadline = value_in_force(act.rules, "cea.surrender_deadline", date(int(year), 1, 1))
        due = [moved for moved in self.ets.moves[party] if moved.code == f"DUE-CEA-{year}"]
        by_then = [moved.change for moved in due if moved.counts <= deadline.isoformat()]
        told = [one.get("on_time", []) for one in self.ets.stood[party]]
        if not due:
            return not told or any(year in years for years in told)
        return bool(by_then) and not sum(by_then)

    def check_carried(self, record: Json, act: Act) -> None:
        """See whether this vintage is carried into that year, and was asked for in the days for it."""
        body, key = act.body, date(int(act.body["year"]), 1, 1)
        if f"CEA-{body['year']}" not in self.vintages:
            wrong("name_unknown", "the later vintage was not opened")
        names = ("vintage_min", "vintage_max")
        least, most = (value_in_force(act.rules, f"cea.carry.{name}", key) for name in names)
        if not least <= int(body["vintage"]) <= most:
            wrong("wrong_year", f"vintages {least} to {most} are carried over")
        asked, name = act.day, body.get("hold")
        if name is not None:
            if all(told["hold"] != name for told in record.get("holds", [])):
                wrong("body_mismatch", f"nothing comes out of {name}")
            asked = self.holds[name].day if name in self.holds else asked
        names = ("sales_to", "apply_until")
        known, last = (value_in_force(act.rules, f"cea.carry.{name}", key) for name in names)
        on = date.fromisoformat(asked)
        late = on > last and value_in_force(act.rules, "cea.late.carry_over", on) == "refused"
        if on <= known or late:
            wrong("body_mismatch", f"this was asked for on {asked}")

    def lines_of_allocation(self, record: Json, act: Act) -> list[Line]:
        """An allocation keeps back what is owed."""
        body, kept, code = act.body, int(act.body["kept_back"]), self.vintage(act.body)
        duty = self.duty_of(body["account"])
        check_quota(act)
        if "compliance_year" in body:
            self.check_stage(body)
        if kept != min(int(body["quantity"]), self.posted.get((duty, "CEA-DEBT"), 0)):
            wrong("body_mismatch", "other units are kept back than are owed")
        return [
            Line(body["province_account"], body["account"], code, int(body["quantity"]) - kept),
            Line(duty, SINK["discharged"], "CEA-DEBT", kept),
            *(Line(duty, SINK["discharged"], *quota) for quota in quota_of(body)),
        ]

    def check_stage(self, body: Json) -> None:
        """See whether an allocation's stage was approved; a true-up follows the approvals that are final."""
        parties, year = [self.accounts[body["account"]].owner], body["vintage"]
        for party in parties:
            givers = self.ets.heirs[f"{party} {year}"]
            parties += [giver for giver in givers if giver not in parties]
        approved = {
            stage
            for party in parties
            for stage in self.ets.approved.get(f"{party} {year}", {"stages": set()})["stages"]
        }
        named = {"final", "adjustment"} if body["stage"] == "true_up" else {body["stage"]}
        if not named & approved:
            wrong("stage_mismatch", f"{body['stage']} was not approved of {parties[0]} {year}")

    def note_heir(self, posting: Json) -> None:
        """Note from which party a quota or a duty came by succession."""
        family, _, year = posting["instrument"].rpartition("-")
        giver, taker = (self.accounts[posting[end]] for end in ("debit", "credit"))
        if not giver.cls == taker.cls == "duty":
            return
        place, units = f"{taker.owner} {year}", int(posting["amount"])
        if family == "DUE-CEA":
            self.ets.passed[place] += units
            self.ets.passed[f"{giver.owner} {year}"] -= units
        elif giver.owner not in self.ets.heirs[place]:
            self.ets.heirs[place].append(giver.owner)

    def lines_of_approval(self, record: Json, act: Act) -> list[Line]:
        """What is approved may be allocated, and what is approved no longer may not."""
        body, place = act.body, f"{act.body['party']} {act.body['year']}"
        self.known(body["party"])
        versions = self.ets.listed[place]
        if not versions or versions[-1][1]["status"] != "listed":
            wrong("name_unknown", f"{place} is not on the list")
        steps = {step["name"]: int(step["quantity"]) for step in body["steps"]}
        self.check_verified(body, steps, place)
        before = self.ets.approved.setdefault(
            place, {"n": 0, "whole": 0, "auctioned": 0, "stages": set()}
        )
        stage, done = body["stage"], before["stages"]
        follows = {
            "pre": not done & {"pre", "final"},
            "final": "final" not in done,
            "adjustment": "final" in done,
            "auction": True,
        }
        if int(body["n"]) != before["n"] + 1 or not follows[stage]:
            wrong("name_taken", f"{stage} is not the next approval of {place}")
        auction = stage == "auction"
        whole = before["whole" if auction else "auctioned"] + came_to(steps)
        change = whole - before["whole"]
        told = tuple(body[name] for name in ("quantity", "change", "vintage"))
        if told != (str(whole), str(change), body["year"]):
            wrong("body_mismatch", f"the steps of {place} come to {whole}")
        before |= {"n": before["n"] + 1, "whole": whole, "stages": done | {stage}}
        before["auctioned"] += change if auction else 0
        self.check_formula(act, record["at"])
        duty = self.own.get((body["party"], "duty", body["party"]), "")
        return [from_or_to("source", duty, f"QUOTA-CEA-{body['year']}", change)]

    def check_formula(self, act: Act, at: str) -> None:
        """See whether an approval is what its formula gives, by a list and a value known at its instant."""
        party, year = act.body["party"], act.body["year"]
        verified = self.emissions.get(f"{party} {year}", (0, 0))[1]
        _, before = self.emissions.get(f"{party} {int(year) - 1}", (0, None))
        faults: list[str] = []
        for entity in lately(self.ets.listed[f"{party} {year}"], at):
            place = (f"balance.{entity['sector']}", "00", year)
            entered = self.filed.figures.get(place, [])
            values = [(self.records[n]["at"], Fraction(told["value"])) for n, told in entered]
            for value in lately(values, at) or [Fraction(0)]:
                fault = Entitlement(act, entity, value, verified, before).fault()
                if not fault:
                    return
                faults.append(fault)
        wrong("formula_mismatch", f"{party} {year}: {faults[0]}")

    def check_verified(self, body: Json, steps: dict[str, int], place: str) -> None:
        """See whether an approval that settles a year rests on its last verified emissions."""
        version, tco2e = self.emissions.get(place, (0, 0))
        settles = body["stage"] in {"final", "adjustment"}
        if body.get("verified_version") != (str(version) if settles else None):
            wrong("duty_mismatch", f"version {version} of {place} is the last one")
        if settles and (not version or steps.get("verified", tco2e) != tco2e):
            wrong("duty_mismatch", f"{tco2e} of {place} are verified")

    def lines_of_return(self, record: Json, act: Act) -> list[Line]:
        """What was kept back of it is owed again, and what lacks becomes a debt."""
        body, code, duty = act.body, self.vintage(act.body), self.duty_of(act.body["account"])
        check_quota(act)
        key = (body["account"], code)
        free = self.posted.get(key, 0) - self.held.get(key, 0)
        if body["debt"] != "0" and int(body["returned"]) != free:
            wrong("body_mismatch", "a debt is made of what could be returned")
        return [
            Line(body["account"], body["province_account"], code, int(body["returned"])),
            Line(SINK["discharged"], duty, "CEA-DEBT", int(body.get("unkept", 0))),
            Line(SINK["source"], duty, "CEA-DEBT", int(body["debt"])),
            *(Line(SINK["discharged"], duty, *quota) for quota in quota_of(body)),
        ]

    def lines_of_reduction(self, record: Json, act: Act) -> list[Line]:
        """A reduction is a debt."""
        body, duty = act.body, self.duty_of(act.body["account"])
        barred = span_in_force(
            act.rules, "cea.reduction.non_surrender", date.fromisoformat(act.day)
        )
        if body["cause"] == "non_surrender" and barred and not barred[2]["value"]:
            wrong("body_mismatch", f"nothing is cut for that on {act.day}")
        return [Line(SINK["source"], duty, "CEA-DEBT", int(body["quantity"]))]

    def lines_of_release(self, record: Json, act: Act) -> list[Line]:
        """A province lets go to whom it keeps for, and keeps what that one owes."""
        body, code, units = act.body, self.vintage(act.body), int(act.body["quantity"])
        kept, taker = body["custody_account"], self.accounts.get(body["account"])
        duty = self.duty_of(kept)
        if taker is None or taker.owner != self.accounts[kept].owner:
            wrong("body_mismatch", "this is not kept for whom it goes to")
        due, left = (
            sum(self.posted.get((account, f"{family}-{year}"), 0) for year in range(2000, 2100))
            for account, family in ((duty, "DUE-CEA"), (kept, "CEA"))
        )
        day = date.fromisoformat(act.day)
        keeps = span_in_force(act.rules, "cea.release_keeps_due", day)
        if due and keeps and keeps[2]["value"] and left - units < due:
            wrong("duty_mismatch", f"{due} are due, and less would be left")
        return [Line(kept, body["account"], code, units)]

    def lines_of_creation(self, record: Json, act: Act) -> list[Line]:
        """A vintage's units come to a province."""
        return [Line(SINK["source"], None, self.vintage(act.body), int(act.body["quantity"]))]

    def lines_of_budget(self, record: Json, act: Act) -> list[Line]:
        """A budget posts what it adds to the one before."""
        body, name = act.body, act.body["budget_id"]
        place, gce = (body["party_id"], body["year"]), int(body["budget_gce"])
        self.known(body["party_id"])
        if name not in self.budgets:
            self.name(" ".join(place))
        party, year, before = self.budgets.get(name, (*place, 0))
        if (party, year) != place:
            wrong("name_taken", f"{name} is another's budget")
        self.budgets[name] = (*place, gce)
        account = self.own.get((party, "budget", party), "")
        return [from_or_to("budget.source", account, f"FEB-{year}", gce - before)]

    def lines_of_cap(self, record: Json, act: Act) -> list[Line]:
        """A cap makes room, or takes it back; the first covers what was recognised without one."""
        code, cap = cap_code(act.body), int(act.body["cap"])
        before = self.caps.sizes.setdefault(code, [])
        if int(act.body["version"]) != len(before) + 1:
            wrong("name_taken", f"{code} has another version")
        change = cap - (before[-1] if before else 0)
        before.append(cap)
        free, beyond = self.ours("duty"), self.ours("budget")
        covered = Line(free, beyond, code, -self.posted.get((beyond, code), 0))
        return [from_or_to("source", free, code, change), covered]

    def lines_of_part(self, record: Json, act: Act) -> list[Line]:
        """A unit gets a part of what is free."""
        party, _ = self.budget(act.body["budget_id"])
        duty, units = self.own.get((party, "duty", party)), int(act.body["quantity"])
        return [Line(self.ours("duty"), duty, act.body["instrument"], units)]

    def complete(self, act: Act | None) -> None:
        """Compare what an act moved, in all its records, with what it states."""
        if act is None:
            return
        body, kind = act.body, act.kind
        if any(act.due.values()):
            wrong("body_mismatch", "units did not go where the act says", act.last)
        counted = {"gec.issue": "count", "opening.lot": "count", "gec.revoke": "revoked"}
        stated, certificates = body.get(counted.get(kind, "quantity")), kind in counted
        units = (n for code, n in act.moved.items() if not code.startswith("QUOTA-CEA-"))
        moved = act.moved["GEC"] if certificates else sum(units)
        aside = {"units.freeze": act.opened, "ccer.freeze": act.opened, "units.unfreeze": act.ended}
        done = aside.get(kind, moved)
        told = kind in {"cea.approve", "cea.carry_over"}  # by their lines, figure by figure
        if stated is not None and int(stated) != done and not told:
            wrong("quantity_mismatch", f"the act states {stated} and moved {done}", act.last)
        self.check_settled(act)

    def check_settled(self, act: Act) -> None:
        """See whether certificates that follow settled energy are not more than it."""
        if act.kind not in {
            "transfer.green_power", "transfer.hydro_assignment", "transfer.mechanism_assignment",
        }:  # fmt: skip
            return
        unit = value_in_force(act.rules, "gec.kwh_per_cert", date.fromisoformat(act.day))
        settled = int(act.body.get("evidence", {}).get("settled_kwh", "0"))
        if act.moved["GEC"] * unit > settled:
            wrong("energy_mismatch", "there are more certificates than settled energy", act.last)

    # Holds

    def tell_hold(self, record: Json, act: Act, request: Request, event: Json) -> tuple[str, str]:
        """Perform what happened to a hold; return the balance that it changed."""
        name, amount, what = event["hold"], int(event["amount"]), event["event"]
        if what == "open":
            hold = self.open_hold(record, act, name)
            self.set_aside(record, act, request, hold, amount)
            self.mark(event, hold, "", name)
        else:
            self.end_hold(record, act, request, event)
        return (self.holds[name].account, self.holds[name].code)

    def open_hold(self, record: Json, act: Act, name: str) -> Hold:
        """Begin a hold, or find the one that this act began in an earlier record."""
        if "continues" in record and act.opens == name:
            return self.holds[name]
        if name in self.holds or act.opens:
            wrong("name_taken", f"{name} was opened before, or with another")
        body, touched = act.body, record["touched"]
        if len(touched) != 1 or body.get("hold", name) != name:
            wrong("hold_mismatch", f"{name} is of no single balance, or not the act's")
        account, code = touched[0]["account"], touched[0]["instrument"]
        if (body.get("account", account), body.get("instrument", code)) != (account, code):
            wrong("hold_mismatch", f"{name} is of another balance than the act says")
        if account not in self.accounts:
            wrong("hold_mismatch", f"{name} is of no account on file")
        if act.kind not in {"hold.open", "units.freeze", "ccer.freeze", "approval.open"}:
            wrong("hold_mismatch", f"{act.kind} opens no holds")
        cause = {"court_order": "judicial", "ccer": "ccer"}.get(body.get("cause", ""), "freeze")
        kind = {"hold.open": "order", "approval.open": "approval"}.get(act.kind, cause)
        is_order = kind == "order"
        self.holds[name] = Hold(
            kind,
            account,
            code,
            body.get("controller", REGISTRY),
            body.get("beneficiary") if is_order else None,
            body.get("expires_at") if is_order else None,
            record["day"],
            pending=code.startswith("CEA-2")
            and act.body.get("operation", "").startswith(("cancellation", "surrender")),
        )
        act.opens = name
        return self.holds[name]

    def set_aside(self, record: Json, act: Act, request: Request, hold: Hold, amount: int) -> None:
        """Let an account have less free."""
        account, key, kind = self.accounts[hold.account], (hold.account, hold.code), KINDS[act.kind]
        if account.closed:
            wrong("account_not_open", f"{hold.account} is closed")
        if account.frozen and not kind.seizes:
            wrong("account_is_frozen", f"{hold.account} is frozen")
        self.held[key] += amount
        hold.left += amount
        self.note_pending(hold, record["day"], -amount)
        act.opened += amount
        if amount <= 0 or self.posted[key] - self.held[key] < account.floor:
            wrong("balance_below_floor", f"{hold.account} has not so much free")
        self.check_free(act, request, hold.account, amount)

    def note_pending(self, hold: Hold, day: str, change: int) -> None:
        """Note allowances as gone while they wait to be given up."""
        account = self.accounts[hold.account]
        if hold.pending and account.cls in {"cea_registry", "cea_trading"}:
            self.ets.moves[account.owner].append(Moved(day, hold.code, change))

    def end_hold(self, record: Json, act: Act, request: Request, event: Json) -> None:
        """Take units off a hold: they come free, or leave the account in this act."""
        name, amount = event["hold"], int(event["amount"])
        hold, kind = self.holds.get(name), KINDS[act.kind]
        if hold is None:
            wrong("name_unknown", f"no record opened {name}")
        if not 0 < amount <= hold.left:
            wrong("hold_mismatch", f"{name} has {hold.left} and gives {amount}")
        if not self.may_end(record, act, request, name, event["event"]):
            wrong("hold_not_theirs", f"{name} is not to be ended so")
        hold.left -= amount
        self.held[hold.account, hold.code] -= amount
        self.note_pending(hold, record["day"], amount)
        leaves = event["event"] in {"settle", "take"} or kind.rule == "expire"
        ends = act.kind in {"hold.release", "hold.expire", "units.unfreeze"}
        if act.body.get("hold", name) != name and (leaves or ends):
            wrong("hold_mismatch", f"the act is not about {name}")
        if not leaves:
            act.ended += amount
            self.mark(event, hold, name, "")
            return
        act.settles = True
        if event["event"] == "settle":  # what falls void goes to nobody whom a hold was for
            act.receiver = hold.receiver
        if hold.code == "GEC":
            request.due[name] += amount

    def may_end(self, record: Json, act: Act, request: Request, name: str, what: str) -> bool:
        """Tell whether this actor, act and moment may end a hold so."""
        hold, kind = self.holds[name], KINDS[act.kind]
        takes, frozen, granted = (
            hold.kind in kind.takes,
            hold.kind in FROZEN,
            name in request.granted,
        )
        controls = not frozen and record["actor"]["party"] == hold.controller
        lapsed = hold.expires is not None and record["at"] >= hold.expires
        return {
            "settle": not takes and not frozen and (granted or controls) and not lapsed,
            "release": granted or takes or controls,
            "expire": takes if kind.rule == "expire" else lapsed,
            "freeze": kind.seizes and not frozen,
            "take": takes,
        }[what]

    def mark(self, event: Json, hold: Hold, before: str, after: str) -> None:
        """Put serials under a hold, or free them."""
        told = 0
        for named in event.get("runs", []):
            count = int(named["count"])
            for run in self.located(named, count):
                if run[2] != hold.account:
                    wrong("not_the_owner", f"{hold.account} has not got these serials")
                if run[3] != before:
                    wrong("units_held", "these serials are under another hold, or none")
                run[3] = after
            told += count
        if told != (int(event["amount"]) if hold.code == "GEC" else 0):
            wrong("hold_mismatch", "the runs are not as many as the hold's units")

    # Postings

    def post(self, record: Json, act: Act, request: Request, posting: Json) -> set[tuple[str, str]]:
        """Perform one posting; return the balances that it changed."""
        debit, credit, code = posting["debit"], posting["credit"], posting["instrument"]
        amount, kind = int(posting["amount"]), KINDS[act.kind]
        if not 0 < amount <= LARGEST or debit == credit:
            wrong("amount_invalid", "a posting moves nothing, or to itself")
        giver, taker = self.found(act, debit), self.found(act, credit)
        self.check_way(act, giver, taker, code)
        for key in ((debit, code), (credit, code)) if code.startswith("CAP-") else ():
            request.rooms.setdefault(key, self.posted.get(key, 0))
        if (kind.rule == "trade") != ("price_fen" in posting):
            wrong("price_mismatch", "a sale needs a price, and nothing else has one")
        if act.receiver not in {None, credit}:
            wrong("hold_not_theirs", "the hold is for another receiver")
        changed = self.shift(giver, (debit, code), -amount) | self.shift(
            taker, (credit, code), amount
        )
        act.moved[code] += amount
        come_due(act, (debit, credit, code), amount)
        free = 0 if act.settles else amount
        if code == "GEC":
            free = self.hand_over(act, request, posting, amount)
        elif "lot" in posting or "first" in posting:
            wrong("body_mismatch", f"{code} has no serials")
        if free and not giver.is_sink:
            self.check_free(act, request, debit, free)
        return changed

    def note(self, record: Json, act: Act, posting: Json) -> None:
        """Note of a posting what later acts on allowances rest on."""
        if posting["instrument"].startswith(("CEA-2", "DUE-CEA-")):
            self.note_moved(record, act, posting)
        if posting["instrument"] == "CEA-DEBT":
            self.note_kept(act, posting)
        if posting["instrument"].startswith(("QUOTA-CEA-", "DUE-CEA-")):
            self.note_heir(posting)

    def note_kept(self, act: Act, posting: Json) -> None:
        """Note what an allocation keeps back, or a return un-keeps; who takes it back does the opposite."""
        did = act.back or {"kind": act.kind, "body": act.body}
        ends = (posting["debit"], posting["credit"])
        if did["kind"] in {"cea.allocate", "cea.return"} and SINK["discharged"] in ends:
            kept = ends[1] == SINK["discharged"]
            key = (self.accounts[ends[not kept]].owner, did["body"]["vintage"])
            self.ets.kept[key] += int(posting["amount"]) * (1 if kept else -1)

    def check_returned(self, request: Request) -> None:
        """See that a request's returns of a vintage un-keep first, and no more than had been kept."""
        for key, (kept, bodies) in request.back.items():
            unkept = sum(int(body.get("unkept", 0)) for body in bodies)
            rest = sum(int(body["returned"]) + int(body["debt"]) for body in bodies)
            if unkept > kept or (rest and unkept < kept):
                wrong(
                    "body_mismatch", f"{kept} of {key} were kept back, and {unkept} are owed again"
                )

    def note_moved(self, record: Json, act: Act, posting: Json) -> None:
        """Note who has allowances or duties from which day on; what came in was held since it says."""
        debit, credit = (self.accounts[posting[end]] for end in ("debit", "credit"))
        counts, amount = (
            min(record["day"], act.body.get("as_of", record["day"])),
            int(posting["amount"]),
        )
        sale = KINDS[act.kind].rule == "trade" and debit.owner != credit.owner
        for account, change in ((debit, -amount), (credit, amount)):
            if account.cls in {"cea_registry", "cea_trading", "duty"}:
                moved = Moved(counts, posting["instrument"], change, record["id"] if sale else "")
                self.ets.moves[account.owner].append(moved)
        if act.kind == "opening.balance" and "sold" in act.body:
            self.name(f"{credit.owner} in {record.get('external', {}).get('source')}")
            self.ets.stood[credit.owner].append(act.body)

    def shift(self, account: Account, key: tuple[str, str], units: int) -> set[tuple[str, str]]:
        """Change what an account has; the registry's own sinks have no limits and no versions."""
        self.posted[key] += units
        if account.is_sink:
            return set()
        if self.posted[key] - self.held[key] < account.floor:
            wrong("balance_below_floor", f"{key[0]} gives more of {key[1]} than it has free")
        if self.posted[key] > LARGEST:
            wrong("amount_invalid", f"{key[0]} has more than can be counted")
        return {key}

    def found(self, act: Act, name: str) -> Account:
        """Find an account, or open the one that this kind of act opens along."""
        if name in self.accounts:
            return self.accounts[name]
        cls, party = self.along(act, name)
        if not party:
            wrong("name_unknown", f"no record opened {name}")
        keepers = [self.accounts[p["account"]].party for p in act.body.get("passed", [])
                   if p["to_account"] == name and cls == "province_custody"]  # fmt: skip
        self.open(name, Account(cls, keepers[0] if keepers else party, party))
        return self.accounts[name]

    def along(self, act: Act, name: str) -> tuple[str, str]:
        """Tell class and party of an account that an act opens along, "" where it opens none."""
        body = act.body
        named = self.accounts.get(body.get("account", ""))
        if act.kind == "party.succession":
            heirs = [
                self.accounts.get(p["account"]) for p in body["passed"] if p["to_account"] == name
            ]
            return (heirs[0].cls, body["to_party"]) if heirs and heirs[0] else ("", "")
        if act.kind == "budget.restate":
            return ("budget", self.budgets.get(body["budget_id"], ("", "", 0))[0])
        return {
            "cea.verify": ("duty", body.get("party", "")),
            "cea.approve": ("duty", body.get("party", "")),
            "cea.carry_over": ("duty", named.owner if named else ""),
            "budget.set": ("budget", body.get("party_id", "")),
            "cea.reduce": ("duty", named.owner if named else ""),
            "cea.return": ("duty", named.owner if named else ""),
        }.get(act.kind, ("", ""))

    def check_way(self, act: Act, giver: Account, taker: Account, code: str) -> None:
        """See whether acts of this kind move such units from there to there."""
        kind = KINDS[act.kind]
        if act.back is None:
            leads = kind.leads(giver.cls, taker.cls, code)
        else:
            leads = KINDS[act.back["kind"]].leads(taker.cls, giver.cls, code)
        if not leads or (kind.own and giver.party != taker.party):
            wrong("way_not_allowed", f"{act.kind} moves no {code} from {giver.cls} to {taker.cls}")
        if giver.closed or taker.closed:
            wrong("account_not_open", "an account of this posting is closed")
        if giver.frozen and not kind.from_frozen:
            wrong("account_is_frozen", "units were taken from a frozen account")

    def check_free(self, act: Act, request: Request, name: str, amount: int) -> None:
        """See whether who gives free units may: an agent by mandate, above a limit by two persons."""
        account, kind = self.accounts[name], KINDS[act.kind]
        agent = account.cls == "agent" and account.owner != account.party
        allowed = (
            kind.mandate in scopes and first <= act.day <= last
            for scopes, first, last in account.mandates.values()
        )
        if agent and kind.mandate and not any(allowed):
            wrong("mandate_missing", f"nobody lets the agent of {name} {kind.mandate}")
        if kind.eyes == "above" and account.limit is not None and not request.approved:
            act.given[name] += amount
            if act.given[name] >= account.limit:
                wrong("not_approved", f"{name} needs a second person from {account.limit} on")

    def located(self, told: Json, count: int) -> list[list[Any]]:
        """Find the runs that these serials are, cut to measure."""
        lot = self.lots.get(told.get("lot", ""))
        if lot is None or "first" not in told:
            wrong("serials_unknown", "no record brought these serials into being")
        lo = int(told["first"]) - lot.first
        if lo < 0 or count <= 0 or lo + count > lot.size:
            wrong("serials_unknown", "the lot has no such serials")
        return lot.within(lo, lo + count)

    def hand_over(self, act: Act, request: Request, posting: Json, amount: int) -> int:
        """Give serials to somebody else; return how many of them were free."""
        runs, free = self.located(posting, amount), 0
        if act.body.get("lot_id", posting["lot"]) != posting["lot"]:
            wrong("body_mismatch", "the act is about another lot")
        facts = self.lots[posting["lot"]].facts
        if act.kind == "gec.cancel_ccer" and any(
            act.body.get(member, facts[member]) != facts[member] for member in ("plant_id", "month")
        ):
            wrong("body_mismatch", "the energy claimed is of another plant or month")
        story = self.retold(act, posting, runs[0][5])
        for run in runs:
            start, past, account, hold, trades, _ = run
            if account != posting["debit"]:
                gone = self.accounts[account].is_sink
                wrong(
                    "not_live" if gone else "not_the_owner", f"{account} has some of these serials"
                )
            self.check_rule(act, facts, trades)
            if hold:
                request.due[hold] -= past - start
                if request.due[hold] < 0:
                    wrong("units_held", f"these serials are set aside under {hold}")
            else:
                free += past - start
            run[2:] = [posting["credit"], "", self.traded(act, trades), story]
        act.pieces += 1
        return free

    def retold(self, act: Act, posting: Json, before: Story) -> Story:
        """Tell how units came to their next holder; what is taken back came as it had come before."""
        story: Story = (KINDS[act.kind].origin or before[0], act.last, before)
        if act.back is not None:
            story = before[2] or before
        if act.kind == "gec.retire":
            self.filed.use_up(act, self.accounts[posting["debit"]], posting, before)
        elif story[0] == GREEN:
            self.filed.green[posting["credit"]].add(posting["lot"])
        return story

    def traded(self, act: Act, trades: int) -> int:
        """Count how often units were traded after this act."""
        if act.kind == "opening.lot":
            return int(act.body["trades"][act.pieces])
        if act.back is not None:
            return trades - KINDS[act.back["kind"]].trades
        return trades + KINDS[act.kind].trades

    def check_rule(self, act: Act, facts: Json, trades: int) -> None:
        """See whether the rule of the act's kind lets these units go."""
        rule, day = KINDS[act.kind].rule, date.fromisoformat(act.day)
        if rule == "untraded" and trades:
            wrong("units_traded", "certificates that were sold cannot be withdrawn")
        if rule in {"", "surrender", "untraded"}:
            return
        if (facts["valid_until"] < act.day) != (rule == "expire"):
            wrong("units_expired", f"certificates are valid until {facts['valid_until']}")
        if rule == "retire":
            same_year = value_in_force(act.rules, "gec.same_year_retire", day)
            check_year(facts, act.body["consumption_year"] if same_year else "")
        if rule == "trade":
            most = value_in_force(act.rules, "gec.max_trades", day)
            if trades >= (most if facts["trade"] == "tradable" else 0):
                wrong("units_not_tradable", "certificates are not traded, or not so often")
        if not is_assignable(facts, rule):
            wrong("units_not_assignable", f"certificates are not for {rule}")

    def touch(self, record: Json, act: Act, changed: set[tuple[str, str]]) -> None:
        """See whether the record touched what it changed, each by one version."""
        quiet = act.kind in QUIET
        for told in record["touched"]:
            key = (told["account"], told["instrument"])
            if key not in changed and not (quiet and key[0] in self.accounts):
                wrong("touched_mismatch", f"{key} was touched, and did not change")
            changed.discard(key)
            self.version[key] += 1
            if told["version"] != self.version[key]:
                wrong("version_gap", f"{key} goes on with version {told['version']}")
        if changed:
            wrong("touched_mismatch", f"{changed} changed, and was not touched")

    # Snapshots: what the log tells of itself, by roots over leaves that anybody can write again

    def check_snapshot(self, record: Json) -> None:
        """Hold what a record tells of a snapshot against what the entries up to its size came to."""
        if record["kind"] != "log.snapshot" or "body" not in record:
            return
        told = record["body"]
        made = self.snapshots.made.get(int(told["tree_size"]), {})
        if told["tree_root"] != made.get("tree_root"):
            wrong("snapshot_tree_mismatch", "a snapshot is of no tree before it")
        for part in ("serials", "accounts"):
            if told[part] != made[part]:
                wrong(f"snapshot_{part}_mismatch", f"a snapshot of {part} has other leaves")

    def snapshot(self) -> Json:
        """Write what the log must tell of all entries so far, but for how many they are."""
        return {
            "tree_root": root_over(self.snapshots.peaks).hex(),
            "serials": summary(self.serial_leaves()),
            "accounts": summary(self.account_leaves()),
        }

    def serial_leaves(self) -> list[Json]:
        """Tell who has which serials in what state: of a series, then by number."""
        leaves = []
        for name, lot in self.lots.items():
            named = ("plant_id", "month", "category", "trade")
            series = " ".join(lot.facts[member] for member in named)
            for start, past, account, hold in joined(lot.runs):
                sink = self.accounts[account].cls if self.accounts[account].is_sink else ""
                leaf = {"series": series, "first": str(lot.first + start)}
                leaf |= {"count": str(past - start), "lot": name, "account": account}
                leaf |= {"hold": hold} if hold else {}
                leaves.append(leaf | {"state": sink or ("on_hold" if hold else "held")})
        return sorted(leaves, key=lambda leaf: (leaf["series"], int(leaf["first"])))

    def account_leaves(self) -> list[Json]:
        """Tell what every account has of all that it ever had, of which some have nothing."""
        rows: dict[str, list[Json]] = {name: [] for name in sorted(self.accounts)}
        for key in sorted({*self.posted, *self.held, *self.version}):
            counts = {"posted": self.posted, "held": self.held, "version": self.version}
            row = {name: str(count.get(key, 0)) for name, count in counts.items()}
            rows[key[0]].append({"instrument": key[1], **row})
        return [{"account": name, "balances": balances} for name, balances in rows.items()]

    def finish(self) -> dict[str, dict[str, int]]:
        """See whether serials, holds and balances agree, and nothing was left half told."""
        for group, request in self.requests.items():
            if shifted(request.head[0], SLACK) < self.latest:
                wrong("group_broken", f"{group} ends in the middle")
        self.check_holds()
        lying = self.counted(2)
        totals: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for (name, code), units in self.posted.items():
            totals[code][self.accounts[name].cls] += units
            if code == "GEC" and not self.accounts[name].is_sink and lying[name] != units:
                wrong(
                    "state_mismatch", f"{name} has {units} certificates and {lying[name]} serials"
                )
        if any(sum(places.values()) for places in totals.values()):
            wrong("state_mismatch", "units came from nowhere")
        return {code: dict(places) for code, places in sorted(totals.items())}

    def check_holds(self) -> None:
        """See whether holds of certificates mark as many as they have left."""
        marked = self.counted(3)
        for request in self.requests.values():
            for hold, units in request.due.items():
                marked[hold] -= units
        for name, one in self.holds.items():
            if one.code == "GEC" and one.left != marked[name]:
                wrong("state_mismatch", f"{name} has {one.left} and marks {marked[name]}")

    def counted(self, by: int) -> dict[str, int]:
        """Count serials by the account (2) or the hold (3) of their runs."""
        counted: dict[str, int] = defaultdict(int)
        for run in (run for lot in self.lots.values() for run in lot.runs):
            counted[run[by]] += run[1] - run[0]
        return counted


def sizes_of_snapshots(records: list[Json]) -> set[int]:
    """Find the sizes of the log at which snapshots were taken: each is told of later."""
    told = [record for record in records if record["kind"] == "log.snapshot" and "body" in record]
    return {int(record["body"]["tree_size"]) for record in told}


def joined(runs: list[list[Any]]) -> list[list[Any]]:
    """Join neighbouring runs of a lot that one account has under one hold, or none, however traded."""
    found: list[list[Any]] = []
    for start, past, account, hold, *_ in runs:
        if found and found[-1][2:] == [account, hold]:
            found[-1][1] = past
        else:
            found.append([start, past, account, hold])
    return found


def summary(leaves: list[Json]) -> Json:
    """Count leaves, each spelt as records are, and hash them into a tree."""
    root = tree_root([leaf_hash(SPELL(leaf).encode()) for leaf in leaves])
    return {"count": str(len(leaves)), "root": root.hex()}


def check_year(facts: Json, year: str) -> None:
    """See whether certificates are of the year claimed, where that matters."""
    if year and facts["month"][:4] != year:
        wrong("wrong_year", "certificates are of another year than is claimed")


def is_assignable(facts: Json, rule: str) -> bool:
    """Tell whether certificates are what an assignment is made for; other rules ask nothing here."""
    kind = (facts["energy"], facts["category"], facts["trade"])
    fits_rule: dict[str, bool] = {
        "hydro": kind == ("hydro", "on_grid", "non_tradable"),
        "self_use": facts["category"] == "self_use",
        "off_grid": facts["category"] == "off_grid",
        "mechanism": bool(facts["mechanism"]),
    }
    return fits_rule.get(rule, True)


def come_due(act: Act, key: tuple[str, str, str], amount: int) -> None:
    """Take a posting off what must go so, where the act says all of it but its certificates."""
    if act.due and not (act.kind == "gec.revoke" and key[2] == "GEC"):
        act.due[key] = act.due.get(key, 0) - amount
        if act.due[key] < 0:
            wrong("body_mismatch", f"more {key[2]} goes to {key[1]} than the act says")


def trade_of(plant: Json, category: str, day: date, rules: dict[str, Json]) -> str:
    """Sort a plant's certificates into those that are traded and those that are not."""
    words = value_in_force(rules, "gec.tradable_categories", day).split(",")
    traded = category in map(str.strip, words)
    if traded and plant["energy"] == "hydro":
        since = value_in_force(rules, "gec.hydro_cutoff", day)
        traded = date.fromisoformat(plant["commissioned_on"]) >= since and plant["market_based"]
    elif traded:
        words = value_in_force(rules, "gec.tradable_energies", day).split(",")
        traded = plant["energy"] in map(str.strip, words)
    return "tradable" if traded else "non_tradable"


def month_after(month: date, months: int) -> date:
    """Find the first day of the month that many months later."""
    count = month.year * 12 + month.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def is_day(text: str) -> bool:
    """Tell whether a text is a day of the calendar."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def from_or_to(source: str, account: str, code: str, change: int) -> Line:
    """Describe what comes from a source, or goes back where the change is below zero."""
    if change < 0:
        return Line(account, SINK[source], code, -change)
    return Line(SINK[source], account, code, change)


def quota_of(body: Json) -> list[tuple[str, int]]:
    """Tell what of a year's quota an allocation uses, or a return restores."""
    year = body.get("compliance_year")
    return [(f"QUOTA-CEA-{year}", int(body["quantity"]))] if year else []


def flag_of(books: dict[str, Json], name: str, year: str) -> bool:
    """Tell whether a rule of a year says yes; rulebooks from before the rule do not."""
    found = span_in_force(books, name, date(int(year), 1, 1))
    return bool(found and found[2]["value"])


def check_quota(act: Act) -> None:
    """See that a vintage that needs an approval goes off its quota; others may, if they were approved."""
    year = act.body["vintage"]
    needed = flag_of(act.rules, "cea.allocation_by_approval", year)
    if act.body.get("compliance_year") not in ((year,) if needed else (year, None)):
        wrong("body_mismatch", f"vintage {year} is allocated by approval: {needed}")


def came_to(steps: dict[str, int]) -> int:
    """Tell what the steps of an approval give: as asked, by document, or by formula with its top-up."""
    for name in ("asked", "document"):
        if name in steps:
            return steps[name]
    if "formula" in steps:
        return steps["formula"] + steps.get("gap_top_up", 0)
    return steps.get("verified", 0)


def handed(body: Json) -> list[tuple[int, int]]:
    """List vintages and quantities that a surrender hands in."""
    return [(int(one["vintage"]), int(one["quantity"])) for one in body["allowances"]]


def cap_code(place: Json) -> str:
    """Name the room under a province's cap."""
    way = {"in_province": "in", "out_of_province": "out"}[place["direction"]]
    return f"CAP-{place['province']}-{way}-{place['year']}"


def between(giver: str, taker: str) -> Callable[[Auditor, Json, Act], list[Line]]:
    """Describe allowances that go from one account of the body, or sink, to another."""

    def lines(auditor: Auditor, record: Json, act: Act) -> list[Line]:
        ends = [SINK.get(end) or act.body[end] for end in (giver, taker)]
        return [Line(ends[0], ends[1], auditor.vintage(act.body), int(act.body["quantity"]))]

    return lines


def shifted(at: str, by: timedelta) -> str:
    """Move an instant, as records spell it."""
    moved = datetime.fromisoformat(at) + by
    return moved.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def day_of(at: str) -> str:
    """Tell the registry's calendar day at an instant: China has been at +08:00 since 1992."""
    try:
        return (
            datetime.fromisoformat(at).astimezone(timezone(timedelta(hours=8))).date().isoformat()
        )
    except ValueError:
        wrong("day_mismatch", f"{at} is no instant")


def lately(versions: list[tuple[str, Any]], at: str) -> list[Any]:
    """List which versions, of no balance, who decided at an instant may have known as the last."""
    count = 2 if versions and at <= shifted(versions[-1][0], SLACK) else 1
    return [version for _, version in versions[: -count - 1 : -1]]


HEAT = {
    "power_above_300mw": "heat_coal",
    "power_to_300mw": "heat_coal",
    "power_unconventional": "heat_coal",
    "power_gas": "heat_gas",
}  # the benchmark of a power unit's heat, by its class
Named = list[tuple[str, Fraction]]
Unit = tuple[str, str, Named, Named]  # code, class, figures, and what they make


@dataclass
class Entitlement:
    """What a stage of a listed party's year gives, worked out from the figures told of its installations.

    Power: floor(Qe·Be·Ff) + floor(Qh·Bh) a unit, a gas unit at least what it emitted; the gap to what
    was verified is capped. Others: E·(1 + α), α by X = (BP - I)/BP. Early: a share of the year before.
    """

    act: Act
    entity: Json
    balance: Fraction  # tCO2 per t of product; 0 if nobody set it
    verified: int  # t CO2e
    before: int | None  # of the year before, if it is on file here

    def fault(self) -> str:
        """Tell what is wrong with it; "" if nothing is."""
        body = self.act.body
        told = [(step["name"], int(step["quantity"])) for step in body["steps"]]
        formula, steps, units = self.worked()
        less = told.pop()[1] if told and told[-1][0] == "asked" else None
        if body["formula"] != formula or told != steps:
            return f"{formula} gives {steps}"
        if sorted(map(told_unit, body["inputs"])) != sorted(units):
            return f"the inputs are to be {units}"
        if any(value < 0 for _, _, figures, _ in units for _, value in figures):
            return "a figure is below zero"
        given = sum(count for name, count in steps if name in {"formula", "gap_top_up"})
        given = given or self.verified * (formula == "verified")
        return "more is asked for than that" if less is not None and less >= given else ""

    @property
    def auctioned(self) -> bool:
        """Tell whether it came by auction at a price that is told."""
        return bool(self.act.body["stage"] == "auction" and self.act.body["inputs"])

    def rule(self, name: str) -> Any:
        """Find the value of a rule of the year."""
        return value_in_force(self.act.rules, name, date(int(self.act.body["year"]), 1, 1))

    def worked(self) -> tuple[str, list[tuple[str, int]], list[Unit]]:
        """Give the formula of the stage and sector, its steps, and its inputs as they must be told."""
        stage, power = self.act.body["stage"], self.entity["sector"] == "power"
        early = f"cea.prealloc_ratio.{'power' if power else 'industry'}"
        key = date(int(self.act.body["year"]), 1, 1)
        if stage == "auction" or (stage == "pre" and not span_in_force(self.act.rules, early, key)):
            steps = self.act.body["steps"]
            told = sum(int(step["quantity"]) for step in steps if step["name"] == "document")
            price = ("entity", "entity", self.told("entity", ["price_fen_per_t"]), Named())
            return "document", [("document", told)], [price] * bool(self.auctioned)
        if stage == "pre":
            return self.early(Fraction(self.rule(early)))
        if not power and self.rule("cea.formula.industry") == "verified":
            return "verified", [("verified", self.verified)], []
        worked = [self.unit(code, cls, power=power) for code, cls in self.listed()]
        formula = sum(count for count, _ in worked)
        units = [unit for _, unit in worked] or [("no installations", "", [], [])]
        if not power:
            return "alpha", [("formula", formula)], units
        least = floor((1 - Fraction(self.rule("cea.gap_cap"))) * self.verified)
        steps = [("formula", formula), ("verified", self.verified)]
        steps += [("gap_top_up", least - formula)] if least > formula else []
        return "power", steps, units

    def early(self, ratio: Fraction) -> tuple[str, list[tuple[str, int]], list[Unit]]:
        """Work out a share of the year before, whose emissions are on file here or were brought along."""
        told = self.told("entity", ["verified_before"])[0][1]
        verified = told if self.before is None else Fraction(self.before)
        figures = [("verified_before", verified), ("ratio", ratio)]
        unit = ("entity", "entity", figures, list[tuple[str, Fraction]]())
        return "share", [("formula", floor(ratio * verified))], [unit]

    def listed(self) -> list[tuple[str, str]]:
        """List codes and classes of the installations on the list."""
        return [(one["code"], one["class"]) for one in self.entity["installations"]]

    def told(self, code: str, names: list[str]) -> Named:
        """Read figures that are told of an installation; what is not told is 0."""
        told = [one["figures"] for one in self.act.body["inputs"] if one["code"] == code]
        values = {one["name"]: Fraction(one["value"]) for one in (told or [[]])[0]}
        return [(name, values.get(name, Fraction(0))) for name in names]

    def unit(self, code: str, cls: str, *, power: bool) -> tuple[int, Unit]:
        """Work an installation out; one that is special gets what it emitted."""
        inputs = [one for one in self.act.body["inputs"] if one["code"] == code]
        first = inputs[0]["parts"][0]["name"] if inputs and inputs[0]["parts"] else ""
        if not first.startswith("special."):
            return self.of_power(code, cls) if power else self.of_industry(code, cls)
        words = [word.strip() for word in self.rule("cea.special").split(",")]
        figures = self.told(code, ["emissions_t"])
        units = floor(figures[0][1])
        name = first if first.removeprefix("special.") in words else "no special unit"
        return units, (code, cls, figures, [(name, Fraction(units))])

    def of_power(self, code: str, cls: str) -> tuple[int, Unit]:
        """Work a power unit out, each product exact and rounded down once."""
        if cls not in HEAT:
            return 0, (code, "no class of power units", [], [])
        topped = cls == "power_gas" and self.rule("cea.gas_top_up")
        names = ["qe_mwh", "qh_gj", *["emissions_t"] * bool(topped), "peak_factor"]
        figures = self.told(code, names)
        value = dict(figures)
        electric, heat = (Fraction(self.rule(f"cea.benchmark.{name}")) for name in (cls, HEAT[cls]))
        of_power = floor(value["qe_mwh"] * electric * value["peak_factor"])
        of_heat = floor(value["qh_gj"] * heat)
        parts = [("benchmark_power", electric), ("benchmark_heat", heat)]
        parts += [("power", Fraction(of_power)), ("heat", Fraction(of_heat))]
        lacking = floor(value["emissions_t"]) - of_power - of_heat if topped else 0
        parts += [("gas_top_up", Fraction(lacking))] if lacking > 0 else []
        return of_power + of_heat + max(0, lacking), (code, cls, figures, parts)

    def of_industry(self, code: str, cls: str) -> tuple[int, Unit]:
        """Work an installation of steel, cement or aluminium out; α is told to 18 decimals, cut off."""
        figures = self.told(code, ["emissions_t", "intensity"])
        if self.balance <= 0:
            return 0, (code, "no balance value", [], [])
        slope, width, most = (
            Fraction(self.rule(f"cea.alpha_{name}")) for name in ("slope", "range", "cap")
        )
        distance = (self.balance - figures[1][1]) / self.balance
        alpha = slope * distance
        if abs(distance) >= width:
            alpha = most if distance > 0 else -most
        units = floor(figures[0][1] * (1 + alpha))
        shown = Fraction(int(alpha * 10**18), 10**18)
        parts = [("balance_value", self.balance), ("alpha", shown), ("quantity", Fraction(units))]
        return units, (code, cls, figures, parts)


def told_unit(one: Json) -> Unit:
    """Read an input of an approval as it was told."""
    figures, parts = (
        [(each["name"], Fraction(each["value"])) for each in one[name]]
        for name in ("figures", "parts")
    )
    return one["code"], one["class"], figures, parts


QUIET = {
    "account.freeze", "account.unfreeze", "account.close", "mandate.end", "units.consolidate",
    "ccer.project",
}  # fmt: skip
NAMES = {
    "party.register": "party credit_code",
    "client.create": "client_id",
    "document.store": "document_id",
    "mandate.grant": "mandate_id",
    "objection.file": "objection_id",
    "plant.register": "plant_id registration_code",
    "gec.retire": "retirement_id statement_no",
}
ENTERING: dict[str, Callable[[Auditor, Json, Act, Request], None]] = {
    "plant.register": Auditor.register_plant,
    "plant.approve": Auditor.approve_plant,
    "account.open": Auditor.open_account,
    "account.freeze": Auditor.freeze,
    "account.unfreeze": Auditor.freeze,
    "account.close": Auditor.close,
    "mandate.grant": Auditor.grant,
    "mandate.end": Auditor.end_mandate,
    "client.revoke": Auditor.revoke_client,
    "objection.file": Auditor.object,
    "objection.decide": Auditor.rule_on,
    "cea.verify": Auditor.owe,
    "budget.confirm": Auditor.confirm_energy,
    "share.target": Auditor.set_share,
    "share.claim": Auditor.claim_share,
    "budget.close": Auditor.close_budget,
    "budget.reopen": Auditor.reopen_budget,
    "cea.vintage": Auditor.open_vintage,
    "factor.set": Auditor.set_factor,
    "cea.list": Auditor.list_entity,
    "cea.quote": Auditor.quote,
    "party.register": Auditor.seat,
    "cap.apportion": Auditor.share_out,
    "gec.issue": Auditor.bring_lot,
    "opening.lot": Auditor.bring_lot,
    "units.consolidate": Auditor.consolidate,
    "ccer.project": Auditor.register_project,
    "ccer.freeze": Auditor.freeze_issued,
    "gec.cancel_ccer": Auditor.credit,
    "approval.open": Auditor.open_approval,
    "approval.approve": Auditor.decide,
    "approval.reject": Auditor.decide,
    "approval.expire": Auditor.decide,
}
WHOLE: dict[str, Callable[[Auditor, Json, Act], None]] = {
    "rulebook.adopt": Auditor.adopt,
    "party.succession": Auditor.pass_on,
    "gec.revoke": Auditor.give_back,
}
EXPECTED: dict[str, Callable[[Auditor, Json, Act], list[Line]]] = {
    "reading.record": Auditor.lines_of_reading,
    "gec.issue": Auditor.lines_of_issue,
    "opening.lot": Auditor.lines_of_opening,
    "cea.verify": Auditor.lines_of_verification,
    "cea.surrender": Auditor.lines_of_surrender,
    "cea.create": Auditor.lines_of_creation,
    "cea.approve": Auditor.lines_of_approval,
    "cea.allocate": Auditor.lines_of_allocation,
    "cea.return": Auditor.lines_of_return,
    "cea.reduce": Auditor.lines_of_reduction,
    "cea.release": Auditor.lines_of_release,
    "ccer.import": Auditor.lines_of_import,
    "cea.carry_over": Auditor.lines_of_carrying,
    "cea.move": between("from_account", "to_account"),
    "cea.cancel": between("account", "cancelled"),
    "opening.balance": between("external", "account"),
    "budget.set": Auditor.lines_of_budget,
    "cap.set": Auditor.lines_of_cap,
    "cap.part": Auditor.lines_of_part,
}


# --- Budgets: the statement on which a year was closed, written again from what the log says ----------

WAYS = ("in_province", "out_of_province")
FLOWS = (
    "purchased", "stock_open", "stock_close", "sold", "feedstock", "produced", "lost",
    "feedstock_sold_as_fuel",
)  # fmt: skip
UNITS = {
    "t": ("kg", Fraction(1)),
    "kg": ("kg", Fraction(1, 1000)),
    "万t": ("kg", Fraction(10_000)),
    "m3": ("m3", Fraction(1)),
    "万m3": ("m3", Fraction(10_000)),
}  # which factor a unit goes with, and how many t or m³ it is
GCE_PER_KGCE = {"kg": 1_000_000, "m3": 1_000}  # from kgce/kg to gce/t, from kgce/m³ to gce/m³
PARTS = ("direct", "power", "heat", "traded", "certificate")
MODES = ("net", "gross")
OPEN = {
    "found_2nd": ("known from secondary sources only", "仅据二手资料"),
    "draft": ("taken from a draft", "取自征求意见稿"),
    "own": ("a choice of this house", "为本系统自定"),
    "entered": ("taken as entered, its document not read here", "为填报值，文件未经本系统核对"),
}


@dataclass
class Used:
    """Certificates of one lot that one posting of a retirement used up, and how they had come."""

    act: Json
    owner: str
    lot: str
    first: int
    count: int
    place: tuple[int, int]  # of the record in the log, and of the posting in it
    story: Story


@dataclass
class Budget:
    """What the log says of one budget so far, each with the index of its record."""

    decided: tuple[int, Json]
    sector: str | None = None
    report: tuple[int, Json] | None = None
    confirmed: dict[str, tuple[int, int]] = field(default_factory=dict)  # kWh by part
    offered: list[str] = field(default_factory=list)  # retirements that serve it
    closed: list[str | None] = field(default_factory=list)  # SHA-256 of its statements


@dataclass
class Filed:
    """What the log says that statements rest on, and what became of the statements so far."""

    codes: dict[str, str] = field(default_factory=dict)  # credit codes of parties
    budgets: dict[str, Budget] = field(default_factory=dict)
    figures: dict[tuple[str, str, str], list[tuple[int, Json]]] = field(default_factory=dict)
    caps: dict[str, tuple[int, Json]] = field(default_factory=dict)
    used: dict[str, list[Used]] = field(default_factory=dict)  # by retirement
    acts: dict[str, str] = field(default_factory=dict)  # retirements by their first record
    green: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Lots of which an account was given green power."""
    gone: dict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    """Retirements that used up green power of a party's accounts."""
    wanted: frozenset[str] = frozenset()  # budgets whose statements are kept, equal or not
    kept: dict[tuple[str, int], tuple[bytes, bool]] = field(default_factory=dict)  # by n; if equal
    equal: int = 0
    untold: list[tuple[str, int]] = field(default_factory=list)  # closed, and no statement is named

    def seat(self, index: int, body: Json) -> None:
        """Note a party's credit code."""
        self.codes[body["party"]] = body.get("credit_code", "")

    def decide(self, index: int, body: Json) -> None:
        """Note a decision on a budget."""
        budget = self.budgets.setdefault(body["budget_id"], Budget((index, body)))
        budget.decided = (index, body)
        budget.sector = body.get("sector", budget.sector)

    def restate(self, index: int, body: Json) -> None:
        """Note a report, or retirements that serve a budget."""
        budget = self.budgets.get(body["budget_id"])
        if budget is None:
            return  # which is found where its postings are looked at
        if "consumption" in body:
            budget.report = (index, body["consumption"])
        budget.offered += body.get("retirement_ids", [])

    def confirm(self, index: int, body: Json) -> None:
        """Note what others confirm."""
        for one in body["confirmed"]:
            self.budgets[body["budget_id"]].confirmed[one["part"]] = (index, int(one["kwh"]))

    def close(self, index: int, body: Json) -> None:
        """Note a closing, and the retirement that it brought."""
        budget = self.budgets[body["budget_id"]]
        budget.offered += body.get("retirement_ids", [])
        budget.closed.append(body.get("statement_sha256"))

    def enter(self, index: int, body: Json) -> None:
        """Note a province's figure."""
        place = (body["name"], body["province"], body["year"])
        self.figures.setdefault(place, []).append((index, body))

    def cap(self, index: int, body: Json) -> None:
        """Note a province's cap."""
        self.caps[cap_code(body)] = (index, body)

    def use_up(self, act: Act, giver: Account, posting: Json, story: Story) -> None:
        """Note certificates that a retirement uses up."""
        name, place = act.body["retirement_id"], (act.last, posting["n"])
        first, count = int(posting["first"]), int(posting["amount"])
        used = Used(act.body, giver.owner, posting["lot"], first, count, place, story)
        self.used.setdefault(name, []).append(used)
        self.acts[act.first] = name
        if story[0] == GREEN and giver.cls in {"user", "agent"}:
            self.gone[giver.owner][name] = None

    def take_back(self, first: str, index: int) -> None:
        """Forget what a record of a retirement used up."""
        name = self.acts.get(first, "")
        self.used[name] = [used for used in self.used.get(name, ()) if used.place[0] != index]

    def compare(self, closing: Closing, index: int) -> None:
        """Hold what a closing's record names against the statement as it must be."""
        body = closing.record["body"]
        name, digest = body["budget_id"], body.get("statement_sha256")
        if digest is None:
            self.untold.append((name, index))
            return
        tried = [closing.written(entered) for entered in closing.shares()]
        told = closing.says()
        equal = [raw for raw, says in tried if sha256(raw).hexdigest() == digest and says == told]
        raw, same = (equal or [raw for raw, _ in tried])[0], bool(equal)
        if name in self.wanted:
            self.kept[name, len(closing.budget.closed) + 1] = (raw, same)
        elif not same:
            wrong("statement_mismatch", f"{name} was closed on another statement")
        self.equal += same


FILING: dict[str, Callable[[Filed, int, Json], None]] = {
    "party.register": Filed.seat,
    "budget.set": Filed.decide,
    "budget.restate": Filed.restate,
    "budget.confirm": Filed.confirm,
    "budget.close": Filed.close,
    "factor.set": Filed.enter,
    "cap.set": Filed.cap,
}


class Closing:
    """One closing: what the log had told of its budget before the group in which it is closed."""

    def __init__(self, auditor: Auditor, record: Json, request: Request) -> None:
        """Take the record of the closing, and what its group found under caps."""
        self.auditor, self.record, self.rooms = auditor, record, request.rooms
        self.filed, self.worded = auditor.filed, dict[str, set[str]]()
        self.budget = self.filed.budgets[record["body"]["budget_id"]]
        self.books, _ = auditor.rules[record["rules"]]
        self.party, self.year = (self.budget.decided[1][name] for name in ("party_id", "year"))
        self.province = auditor.caps.seats.get(self.party, "")
        self.code = self.filed.codes.get(self.party, "")

    def shares(self) -> list[tuple[int, Json]]:
        """List the province's k: the latest, and the one before if that came as this was being posted."""
        entered = self.filed.figures.get(("k", self.province, self.year), [])
        if not entered:
            wrong("statement_mismatch", "no statement can be made where nobody entered k")
        came = self.auditor.records[entered[-1][0]]["at"]
        return entered[-1 : -3 if self.record["at"] <= shifted(came, SLACK) else -2 : -1]

    def written(self, entered: tuple[int, Json]) -> tuple[bytes, Json]:
        """Write the statement, RFC 8785, and what its record must say of it, by a k that was entered."""
        try:
            self.k_index, self.k_said = entered
            told = self.told()
        except (ArithmeticError, LookupError, ValueError, TypeError) as fault:
            wrong("statement_mismatch", f"no statement can be made of what was reported: {fault!r}")
        says = {name: told[name] for name in ("n", "supersedes", "mode", "status")}
        says["open_points"] = [point["name"] for point in told["open_points"]]
        return SPELL(told).encode(), says

    def says(self) -> Json:
        """Give what the record says of its statement."""
        body = self.record["body"]
        said = {name: body.get(name) for name in ("n", "supersedes", "mode", "status")}
        return said | {"open_points": sorted(body["open_points"])}

    # Rules of the budget's year

    @property
    def key(self) -> date:
        """The day by which rules of the year are looked up."""
        return date(int(self.year), 1, 1)

    def rule(self, name: str) -> Any:
        """Find the value of a rule."""
        return value_in_force(self.books, name, self.key)

    def words(self, name: str) -> set[str]:
        """Find words that stand in one text, parted by commas."""
        if name not in self.worded:
            self.worded[name] = {word.strip() for word in self.rule(name).split(",")}
        return self.worded[name]

    def spelt_rule(self, name: str) -> Json | None:
        """Tell a rule that was not read in the final official text; None of one that was."""
        found = span_in_force(self.books, name, self.key)
        if found is None:
            wrong("rule_missing", f"no rule {name} is in force on {self.key}")
        book, table, span = found
        if span["evidence"] == "found":
            return None
        value = span["value"]
        if table["kind"] == "decimal":
            value = f"{Decimal(value):f}"
        value = str(value).lower() if isinstance(value, bool) else str(value)
        document = book["documents"][span["document"]]
        said = (table["unit"], document, span["evidence"])
        return open_point(name, value, said, table.get("unit_zh"))

    # The document

    def told(self) -> Json:
        """Put the statement together."""
        self.fuels, self.electricity, self.heat = reported(self.budget.report)
        self.burnt_gce = self.direct()
        self.per = self.rule("gec.kwh_per_cert")
        self.k = Fraction(self.k_said["value"])
        self.caps = {to: self.room_of(to) for to in WAYS if self.code_of(to) in self.filed.caps}
        self.runs = self.runs_of(self.budget.offered)
        self.held, self.retired = self.green_held(), self.green_retired()
        if storage := self.electricity.get("storage_charge_kwh", 0):
            charged = self.rule("acc.storage_charge") == "grid_offtake"
            self.electricity["grid_offtake_kwh"] += storage if charged else 0
        self.ledger_kwh = sum(run[2] for run in (*self.held, *self.retired)) * self.per
        self.traded_kwh = self.ledger_kwh + self.electricity["other_traded_kwh"]
        mode = self.budget.decided[1]["mode"]
        counted = {name: self.recognised(self.most(name)) for name in MODES}
        self.judged = counted[mode]
        self.certificates = sum(fits for _, fits, _ in self.judged)
        views = {name: self.view(name, judged) for name, judged in counted.items()}
        return {
            **self.head(),
            "inputs": self.inputs(),
            "energy": self.energy(),
            **self.lists(),
            "modes": views,
            "consequence": self.consequence(mode, views),
            "status": views[mode]["status"],
            "balance_gce": views[mode]["balance_gce"],
            "open_points": self.open_points(),
        }

    def head(self) -> Json:
        """Tell whose statement it is, what was decided and reported, and by which factors it counts."""
        decided = self.budget.decided[1]
        closed = self.budget.closed
        return {
            **{name: decided[name] for name in ("budget_id", "party_id", "year", "mode")},
            **{name: decided[name] for name in ("budget_gce", "document_no")},
            "v": 1,
            "log": self.record["log"],
            "credit_code": self.code,
            "province": self.province or None,
            "sector": self.budget.sector,
            "n": str(len(closed) + 1),
            "supersedes": closed[-1] if closed else None,
            "rules": self.record["rules"],
            "rulebooks": [
                {"name": name, "version": str(book["version"]), "digest": book["digest"]}
                for name, book in sorted(self.books.items())
            ],
            "consumption": spelt_report(self.budget.report),
            "fuel_factors": [self.factor_used(line) for line in self.fuels],
            "k": spelt(self.k),
        }

    def inputs(self) -> list[Json]:
        """Name every record that the figures rest on, but those of the closing's own group."""
        budget = self.budget
        named = [(budget.decided[0], "budget.set")]
        named += [] if budget.report is None else [(budget.report[0], "consumption")]
        named += [(index, f"confirm.{part}") for part, (index, _) in budget.confirmed.items()]
        named.append((self.k_index, "factor.k"))
        named += [(self.filed.caps[self.code_of(to)][0], f"cap.{to}") for to in self.caps]
        behind = {run.place[0] for run in self.runs}
        behind |= {run[3] for run in (*self.held, *self.retired)}
        records = self.auditor.records
        named += [(index, records[index]["kind"]) for index in behind]
        ordered = sorted((records[index]["id"], what, index) for index, what in set(named))
        leaves = self.auditor.leaves
        return [
            {"what": what, "journal": name, "leaf": leaves[index].hex()}
            for name, what, index in ordered
        ]

    # Fuels: GB/T 2589 by the table or by measured heat; feedstock by document 803 of 2022

    def factor(self, fuel: str) -> tuple[Fraction, str]:
        """Find the factor of a fuel in kgce, and whether it is per kg or per m³."""
        name = f"feb.fuel.{fuel}.factor"
        found = span_in_force(self.books, name, self.key)
        if found is None:
            raise LookupError(name)
        return Fraction(found[2]["value"]), found[1]["unit"].removeprefix("kgce/")

    def factor_used(self, line: Json) -> Json:
        """Tell what a fuel line is multiplied by."""
        value, per = self.factor(line["fuel"])
        basis, unit = "table", f"kgce/{per}"
        if "heat_value_kj_per_unit" in line:
            basis, unit, value = "measured", f"kJ/{per}", Fraction(line["heat_value_kj_per_unit"])
        return {"fuel": line["fuel"], "basis": basis, "value": spelt(value), "unit": unit}

    def burnt(self, line: Json) -> Fraction:
        """Count what was burnt of a fuel, in t or m³; what was made of counted fuel is not counted again."""
        flow = {name: Fraction(line.get(name, "0")) for name in FLOWS}
        came = flow["purchased"] + flow["stock_open"] + flow["produced"]
        left = flow["stock_close"] + flow["sold"] + flow["lost"]
        if line["fuel"] in self.words("feb.by_products") | self.words("feb.secondary_gases"):
            came -= flow["produced"]
        if self.rule("feb.feedstock_deducted"):
            left += flow["feedstock"] - flow["feedstock_sold_as_fuel"]
        per = self.factor(line["fuel"])[1]
        of, scale = UNITS[line["unit"]] if "unit" in line else (per, Fraction(1))
        if of != per:
            raise ValueError(f"{line['fuel']} is not counted in {line['unit']}")
        return (came - left) * scale

    def direct(self) -> Fraction:
        """Add up fuels in gce."""
        total, kj = Fraction(0), Fraction(0)
        for line in self.fuels:
            value, per = self.factor(line["fuel"])
            grams = self.burnt(line) * GCE_PER_KGCE[per]
            if "heat_value_kj_per_unit" in line:
                kj += grams * Fraction(line["heat_value_kj_per_unit"])
            else:
                total += grams * value
        return total + kj / int(self.rule("feb.kgce_kj"))

    # Electricity: guide 622 of 2026, annex 3

    def energy(self) -> Json:
        """Tell the unit's energy by how it is recognised: P + T + C + (G - T - C)k."""
        offtake, traded = self.electricity["grid_offtake_kwh"], self.traded_kwh
        confirmed = self.budget.confirmed.get("physical", (0, 0))[1]
        physical = min(self.electricity["physical_kwh"], confirmed)
        certificate = self.certificates * self.per
        shared = (offtake - traded - certificate) * self.k
        return {
            "grid_offtake_kwh": str(offtake),
            "physical_kwh": str(physical),
            "traded_ledger_kwh": str(self.ledger_kwh),
            "traded_confirmed_kwh": str(self.electricity["other_traded_kwh"]),
            "certificate_kwh": str(certificate),
            "apportioned_kwh": spelt(shared),
            "non_fossil_kwh": spelt(physical + traded + certificate + shared),
        }

    def exact(self, mode: str, certificates: int) -> dict[str, Fraction]:
        """Work out the five parts of a mode in gce: a certificate takes off less in net than in gross."""
        gce_per_kwh = Fraction(self.rule("feb.c_e")) * 1000
        grid = (1 - self.k) * gce_per_kwh
        heat = Fraction(self.heat["purchased_mj"]) * Fraction(self.heat["fossil_share"])
        return {
            "direct": self.burnt_gce,
            "power": self.electricity["grid_offtake_kwh"] * grid,
            "heat": heat * Fraction(self.rule("feb.heat.factor")) * 1000,
            "traded": self.traded_kwh * grid,
            "certificate": certificates * self.per * (grid if mode == "net" else gce_per_kwh),
        }

    def view(self, mode: str, judged: list[tuple[Used, int, str]]) -> Json:
        """Tell one mode: exact parts, whole parts as they are posted, and where that leaves the unit."""
        exact = self.exact(mode, sum(fits for _, fits, _ in judged))
        whole, charged, fossil = stepped(exact)
        budget = int(self.budget.decided[1]["budget_gce"])
        status = "MET" if charged <= budget else "MET_WITH_OFFSET"
        figures = {f"{name}_gce": spelt(exact[name]) for name in PARTS}
        return {
            **{f"{name}_gce": str(whole[name]) for name in PARTS},
            "balance_gce": str(budget - ceil(fossil)),
            "status": "NOT_MET" if fossil > budget else status,
            "exact": figures | {"fossil_gce": spelt(fossil)},
        }

    def most(self, mode: str) -> int | None:
        """Count the certificates that a cap in gross mode lets count in all; None where there is none."""
        of = self.rule("feb.gross_cap")
        if mode == "net" or of == "none":
            return None
        share = Fraction(self.rule("feb.gross_cap_share"))
        if of == "share_of_offtake":
            return floor(share * Fraction(self.electricity["grid_offtake_kwh"], self.per))
        left = stepped(self.exact(mode, 0))[2] - int(self.budget.decided[1]["budget_gce"])
        return floor(share * max(Fraction(0), left) / self.exact(mode, 1)["certificate"])

    def consequence(self, mode: str, views: Json) -> Json | None:
        """Say what follows where the modes come to different ends."""
        if views["net"]["status"] == views["gross"]["status"]:
            return None
        zh, _, en = self.rule(f"feb.consequence.{mode}").partition("|")
        return {"zh": zh.strip(), "en": en.strip()}

    # Certificates: what was retired for the unit and year, as far as offtake and caps have room

    def code_of(self, to: str) -> str:
        """Name the room under the cap of the unit's province for a direction."""
        return cap_code({"province": self.province, "year": self.year, "direction": to})

    def room_of(self, to: str) -> tuple[int, bool]:
        """Count what the unit may have recognised under a cap, and tell whether it is yet to be shared."""
        code = self.code_of(to)
        own, ours = self.auditor.own, self.auditor.ours("duty")
        budget, duty = (own.get((self.party, cls, self.party), "") for cls in ("budget", "duty"))
        method = span_in_force(self.books, "acc.cap_method", self.key)
        shared = method is not None and method[2]["value"] == "pro_rata"
        places = (budget, duty) if shared else (budget, duty, ours)
        posted = self.auditor.posted
        room = sum(self.rooms.get((at, code), posted.get((at, code), 0)) for at in places)
        return room, shared and not self.auditor.caps.runs.get(code, 0)

    def is_own_group(self, used: Used) -> bool:
        """Tell whether certificates were used up along with this closing."""
        return bool(self.auditor.records[used.place[0]]["group"] == self.record["group"])

    def runs_of(self, names: Iterable[str]) -> list[Used]:
        """List what retirements used up before this closing, in the order of its postings."""
        found = chain.from_iterable(self.filed.used.get(name, ()) for name in dict.fromkeys(names))
        runs = [run for run in found if not self.is_own_group(run)]
        return sorted(
            runs, key=lambda run: (self.auditor.records[run.place[0]]["id"], run.place[1])
        )

    def reason(self, run: Used) -> str:
        """Say why certificates cannot serve this unit and year; "" if they can."""
        lot, green = self.auditor.lots[run.lot].facts, run.story[0] == GREEN
        against = {
            "other_beneficiary": run.act["beneficiary_code"] != self.code,
            "other_purpose": run.act["purpose"] not in self.words("metric.purposes.fossil_budget"),
            "wrong_production_year": lot["month"][:4] != self.year,
            "wrong_consumption_year": run.act["consumption_year"] != self.year,
            "counted_as_physical": lot["category"] not in self.words("acc.c_categories"),
            "green_power_of_another": green and run.owner != self.party,
            "counted_as_traded": green,
            "retired_too_late": self.is_late(run),
        }
        return next((reason for reason, holds in against.items() if holds), "")

    def is_late(self, run: Used) -> bool:
        """Tell whether certificates were retired after the last day that the rules set in the next year."""
        until = self.rule("acc.late_retirement_until")
        last = f"{int(self.year) + 1}-{until}"
        return until != "none" and str(self.auditor.records[run.place[0]]["day"]) > last

    def direction(self, run: Used) -> str:
        """Tell where certificates come from, seen from the unit."""
        own = self.auditor.lots[run.lot].facts["province"] == self.province
        return WAYS[0] if own else WAYS[1]

    def binding(self, run: Used) -> str:
        """Name the direction whose cap certificates take room under; "" where none could bind them."""
        exempt = run.story[0] in self.words("acc.cap_exempt_origins")
        return "" if exempt else self.direction(run)

    def recognised(self, most: int | None) -> list[tuple[Used, int, str]]:
        """Tell of each run how many certificates count, and why the rest does not."""
        total = (self.electricity["grid_offtake_kwh"] - self.traded_kwh) // self.per
        bound = "above_offtake"
        if most is not None and most < total:
            total, bound = most, "above_gross_cap"
        left = {to: room for to, (room, _) in self.caps.items()}
        found = []
        for run in self.runs:
            to, reason = self.binding(run), self.reason(run)
            under = left.get(to, total)
            fits = 0 if reason else min(run.count, max(0, min(total, under)))
            if not reason and under >= total:
                reason = bound
            elif not reason:
                reason = "cap_not_apportioned" if self.caps[to][1] else "cap_exhausted"
            found.append((run, fits, reason))
            total -= fits
            left |= {to: left[to] - fits} if to in left else {}
        return found

    def lists(self) -> Json:
        """List what counts, what does not and why, and green power."""
        counted, rest = [], []
        for run, fits, reason in self.judged:
            if fits:
                counted.append(self.listed(run, 0, fits))
            if fits < run.count and reason != "counted_as_traded":
                rest.append(self.listed(run, fits, run.count - fits) | {"reason": reason})
        return {
            "recognised": sorted(counted, key=by_lot),
            "unrecognised": sorted(rest, key=by_lot),
            "traded": [
                {"lot_id": lot, "first": str(first), "count": str(count)}
                for lot, first, count in touching((*self.held, *self.retired))
            ],
        }

    def listed(self, run: Used, skipped: int, count: int) -> Json:
        """Tell a part of a run."""
        return {
            "lot_id": run.lot,
            "first": str(run.first + skipped),
            "count": str(count),
            "retirement_id": run.act["retirement_id"],
            "direction": self.direction(run),
            "capped": self.binding(run) in self.caps,
        }

    # Green power: traded energy, as certificates that the unit holds or has retired for itself

    def green_held(self) -> list[tuple[str, int, int, int]]:
        """List green power that the unit had free and valid when it was closed, which retired it all.

        Each as (lot, first serial, count, index of the record that brought it).
        """
        own = self.auditor.own.get((self.party, "user", self.party), "")
        if any(self.lying(lot, own) for lot in self.filed.green.get(own, ())):
            raise ValueError("green power that counts was not retired with the closing")
        names = self.record["body"].get("retirement_ids", ())
        found = chain.from_iterable(self.filed.used.get(name, ()) for name in names)
        return [
            (run.lot, run.first, run.count, run.story[1])
            for run in found
            if run.story[0] == GREEN and self.is_own_group(run) and self.is_of_year(run.lot)
        ]

    def lying(self, lot: str, account: str) -> bool:
        """Tell whether green power of a lot lies free and valid in an account."""
        if not self.is_of_year(lot):
            return False
        runs = self.auditor.lots[lot].runs
        return any(run[2] == account and not run[3] and run[5][0] == GREEN for run in runs)

    def is_of_year(self, lot: str) -> bool:
        """Tell whether a lot is of the budget's year, and valid on the day of the closing."""
        facts = self.auditor.lots[lot].facts
        of_year = facts["month"][:4] == self.year
        return bool(of_year and facts["valid_until"] >= self.record["day"])

    def green_retired(self) -> list[tuple[str, int, int, int]]:
        """List green power that retirements of before used up for the unit and year."""
        names = (*self.budget.offered, *self.filed.gone.get(self.party, ()))
        return [
            (run.lot, run.first, run.count, run.place[0])
            for run in self.runs_of(names)
            if self.reason(run) == "counted_as_traded"
        ]

    # What is open

    def open_points(self) -> list[Json]:
        """Tell every value that the figures rest on and that nobody here has read in the law."""
        spelled = (self.spelt_rule(name) for name in dict.fromkeys(self.rests_on()))
        points = [point for point in spelled if point is not None]
        figures = {"k": (self.k_said, "value", "1")}
        for run, _, reason in self.judged:
            to = self.binding(run)
            if to in self.caps and reason != "counted_as_traded":
                figures[f"cap_{to}"] = (self.filed.caps[self.code_of(to)][1], "cap", "certificate")
        points += [
            open_point(name, f"{Decimal(body[member]):f}", (unit, body["document_no"], "entered"))
            for name, (body, member, unit) in figures.items()
        ]
        return sorted(points, key=lambda point: point["name"])

    def rests_on(self) -> Iterator[str]:
        """Name the rules that the figures rest on."""
        lines = [{name: Fraction(line.get(name, "0")) for name in FLOWS} for line in self.fuels]
        made = any(flow["produced"] for flow in lines)
        left = any(
            flow["stock_close"] + flow["sold"] + flow["lost"]
            > flow["purchased"] + flow["stock_open"] + flow["produced"]
            for flow in lines
        )
        measured = ["heat_value_kj_per_unit" in line for line in self.fuels]
        asked = {
            "feb.mode feb.c_e metric.purposes.fossil_budget acc.cap_t_plus_c gec.kwh_per_cert": True,
            "feb.gross_cap": True,
            "feb.gross_cap_share": self.rule("feb.gross_cap") != "none",
            "acc.traded_confirmed": self.electricity["other_traded_kwh"],
            "acc.c_categories acc.late_retirement_until": self.runs,
            "acc.cap_exempt_origins acc.cap_method": self.runs and self.caps,
            "acc.storage_charge": self.electricity.get("storage_charge_kwh"),
            "feb.by_products": made or left,
            "feb.secondary_gases": made,
            "feb.kgce_kj": any(measured),
            "feb.heat.factor": Fraction(self.heat["purchased_mj"]),
            "feb.feedstock_deducted": any(flow["feedstock"] for flow in lines),
        }
        for names, holds in asked.items():
            yield from names.split() if holds else ()
        for line, is_measured in zip(self.fuels, measured, strict=True):
            yield from () if is_measured else (f"feb.fuel.{line['fuel']}.factor",)


def reported(report: tuple[int, Json] | None) -> tuple[list[Json], dict[str, int], Json]:
    """Read a report: fuels as told, electricity in kWh, heat as told."""
    if report is None:
        raise ValueError("nothing was reported")
    told = report[1]
    electricity = {name: int(kwh) for name, kwh in told["electricity"].items()}
    return told["fuels"], electricity, told["heat"]


def spelt_report(report: tuple[int, Json] | None) -> Json | None:
    """Spell a report: of fuels, and of what charged storage, only what there was."""
    if report is None:
        return None
    told, kept = report[1], {"unit", "fuel", "feedstock_product", "heat_value_kj_per_unit"}
    electricity = {
        name: kwh
        for name, kwh in told["electricity"].items()
        if name != "storage_charge_kwh" or int(kwh)
    }
    fuels = [
        {name: value for name, value in line.items() if name in kept or Fraction(value)}
        for line in told["fuels"]
    ]
    return {"fuels": fuels, "electricity": electricity, "heat": told["heat"]}


def stepped(exact: dict[str, Fraction]) -> tuple[dict[str, int], Fraction, Fraction]:
    """Round parts to whole grams: each is the step of the sum so far, rounded up.

    Also give what was charged in all, and what is left of it, exactly.
    """
    whole, running, charged = {}, Fraction(0), Fraction(0)
    for name in PARTS:
        sign = -1 if name in {"traded", "certificate"} else 1
        after = running + sign * exact[name]
        whole[name] = sign * (ceil(after) - ceil(running))
        running = after
        charged += exact[name] if sign > 0 else 0
    return whole, charged, running


def spelt(value: Fraction | int) -> str:
    """Spell an exact figure, cut after nine decimals."""
    whole, rest = divmod(int(abs(Fraction(value)) * 10**9), 10**9)
    decimals = f"{rest:09d}".rstrip("0")
    sign = "-" if value < 0 else ""
    return f"{sign}{whole}.{decimals}" if decimals else f"{sign}{whole}"


def open_point(
    name: str, value: str, said: tuple[str, str, str], unit_zh: str | None = None
) -> Json:
    """Tell an open value, in a sentence of each language; `said` is (unit, document, evidence)."""
    unit, document, evidence = said
    said_en, said_zh = (
        f"{name} = {value} {each}".removesuffix(" 1") for each in (unit, unit_zh or unit)
    )
    en, zh = OPEN[evidence]
    told = {"name": name, "value": value, "unit": unit, "document": document, "evidence": evidence}
    return told | {
        "en": f"{said_en} is {en} ({document}).",
        "zh": f"{said_zh}，{zh}（{document}）。",
    }


def by_lot(run: Json) -> tuple[str, int]:
    """Sort runs by lot and serial."""
    return run["lot_id"], int(run["first"])


def touching(runs: Iterable[tuple[str, int, int, int]]) -> list[tuple[str, int, int]]:
    """Join runs of serials where one begins at the end of another."""
    found: list[tuple[str, int, int]] = []
    for lot, first, count, _ in sorted(runs):
        before = found[-1] if found else ("", 0, 0)
        if (before[0], before[1] + before[2]) == (lot, first):
            found[-1] = (lot, before[1], before[2] + count)
        else:
            found.append((lot, first, count))
    return found


# --- Who asked: keys registered in the log, and requests signed with them (RFC 9421, RFC 9530) ------

COVERED = ["@method", "@target-uri", "content-type", "content-digest", "idempotency-key"]
SIGNED_FOR = 300  # seconds that a signature may be good for
AHEAD, WAITING = 5, 60  # seconds: the signer's clock, and a request's turn in the book


@dataclass
class Requests:
    """Keys by id as (bytes, suite, party, purpose, since, until), and what was asked with them."""

    root: Path
    keys: dict[str, list[Any]] = field(default_factory=dict)
    challenges: dict[str, Json] = field(default_factory=dict)
    publics: set[str] = field(default_factory=set)
    nonces: dict[tuple[str, str], str] = field(default_factory=dict)
    done: set[tuple[str, str]] = field(default_factory=set)

    def take(self, index: int, record: Json) -> None:
        """Take in one record: what it says of keys, and the request that it names."""
        try:
            if record["kind"].startswith("key."):
                self.take_key(index, record)
            if record["kind"] == "cea.verify" and "key_id" in record.get("body", {}):
                self.take_verification(index, record)
            if "evidence" in record:
                self.take_request(index, record)
        except Wrong as found:
            found.index = index if found.index is None else found.index
            raise

    def take_key(self, index: int, record: Json) -> None:
        """Register, rotate or revoke a key; a challenge comes before each registration."""
        body, kind = record["body"], record["kind"].removesuffix("_official")
        if kind == "key.challenge":
            if (
                body["challenge_id"] in self.challenges
                or body["party_id"] != record["actor"]["party"]
            ):
                wrong("key_history_broken", "a challenge was given twice, or to another")
            self.challenges[body["challenge_id"]] = body
        if kind == "key.rotate":
            self.end(index, body["predecessor_id"], (body["party_id"], body["purpose"]))
        if kind == "key.revoke":
            self.end(index, body["key_id"], (record["actor"]["party"], None))
        if kind in {"key.register", "key.rotate"}:
            self.register(index, record, body)

    def register(self, index: int, record: Json, body: Json) -> None:
        """Let a key count, if its holder answered the challenge that the log has."""
        asked = self.challenges.pop(body["challenge_id"], {})
        same = ("party_id", "purpose", "suite", "public_key", "challenge", "registry", "label")
        official = record["kind"].endswith("_official")
        if (
            any(asked.get(name) != body[name] for name in same)
            or record["at"] >= asked["expires_at"]
        ):
            wrong("key_history_broken", "a key answers no challenge of the log, or too late")
        if official == (body["purpose"] == "request"):
            wrong("key_history_broken", "a key was registered for another purpose")
        if body["key_id"] in self.keys or body["public_key"] in self.publics:
            wrong("key_history_broken", "a key was registered before")
        public, suite = bytes.fromhex(body["public_key"]), body["suite"]
        if suite not in {"ed25519", "mldsa44"} or (suite == "ed25519" and not is_sound(public)):
            wrong("key_refused", "a key was registered under which a signature proves nothing")
        facts = [("registry", "registry"), ("party", "party_id"), ("purpose", "purpose")]
        facts += [(name, name) for name in ("suite", "public_key", "challenge")]
        lines = ["greenledger-key/v1", *(f"{name} {body[member]}" for name, member in facts)]
        verify = verify_ed25519 if suite == "ed25519" else verify_mldsa44
        if not verify(public, "\n".join(lines).encode(), bytes.fromhex(body["proof"])):
            wrong("signature_invalid", "the proof of a key does not hold")
        self.publics.add(body["public_key"])
        self.keys[body["key_id"]] = [public, suite, body["party_id"], body["purpose"], index, None]

    def end(self, index: int, name: str, whose: tuple[str, str | None]) -> None:
        """End a key, once; its successor is of the same party and purpose."""
        known = self.keys.get(name)
        if known is None or known[5] is not None:
            wrong("key_history_broken", f"{name} is not there to be ended")
        party, purpose = whose
        if known[2] != party or purpose not in {None, known[3]}:
            wrong("key_history_broken", f"{name} was ended by another, or for another purpose")
        known[5] = index

    def take_request(self, index: int, record: Json) -> None:
        """Hold a record against the request that was signed for it."""
        name = record["evidence"]
        parts = self.parts_of(name)
        lines, signed = read_base(parts[0])
        digest = base64.b64encode(sha256(parts[2]).digest()).decode()
        if lines["content-digest"] != f"sha-256=:{digest}:":
            wrong("evidence_body_changed", "the body is not what was signed")
        key = self.good_key(index, record["actor"]["party"], signed["keyid"])
        check_time(signed, int(datetime.fromisoformat(record["at"]).timestamp()))
        verify = verify_ed25519 if key[1] == "ed25519" else verify_mldsa44
        if not verify(key[0], parts[0], parts[1]):
            wrong("signature_invalid", "the request's signature does not hold")
        digests = {sha256(key.encode()).hexdigest() for key in command_keys(lines, parts[2])}
        if record["key"] not in digests:
            wrong("request_mismatch", "the request brought no such command")
        if self.nonces.setdefault((signed["keyid"], signed["nonce"]), name) != name:
            wrong("request_repeated", "a nonce was used twice")
        if (name, record["key"]) in self.done:
            wrong("request_repeated", "a request was done twice")
        self.done.add((name, record["key"]))

    def take_verification(self, index: int, record: Json) -> None:
        """Hold verified emissions against what their verifier signed: every figure, a line each."""
        body = record["body"]
        key = self.good_key(index, body["verifier"], body["key_id"])
        names = ("party", "compliance_year", "version", "tco2e", "verifier", "document_no")
        facts = [("registry", record["log"]), *((name, body[name]) for name in names)]
        lines = ["greenledger-verification/v1", *(f"{name} {fact}" for name, fact in facts)]
        verify = verify_ed25519 if key[1] == "ed25519" else verify_mldsa44
        if not verify(key[0], "\n".join(lines).encode(), bytes.fromhex(body.get("signature", ""))):
            wrong("signature_invalid", "the verifier did not sign this")

    def parts_of(self, name: str) -> list[bytes]:
        """Read signature base, signature and body of a request."""
        path = self.root / f"evidence/{name[:2]}/{name}.json"
        try:
            told = json.loads(path.read_bytes())
            parts = [
                base64.b64decode(told[part], validate=True)
                for part in ("base", "signature", "body")
            ]
        except (OSError, ValueError, KeyError, TypeError):
            wrong("evidence_missing", f"the evidence {name} is not there")
        if sha256(b"".join(sha256(part).digest() for part in parts)).hexdigest() != name:
            wrong("request_mismatch", "the evidence is not what the record names")
        return parts

    def good_key(self, index: int, party: str, name: str) -> list[Any]:
        """Find a key that was registered before this entry, and not ended before it."""
        key = self.keys.get(name)
        if key is None or key[4] >= index or (key[5] is not None and key[5] <= index):
            wrong("key_not_good", f"{name} is not registered at this entry")
        if (key[2], key[3]) != (party, "request"):
            wrong("key_not_good", f"{name} is not this party's for requests")
        return key


def read_base(base: bytes) -> tuple[dict[str, str], dict[str, str]]:
    """Read a signature base (RFC 9421 §2.5): the covered lines, and the parameters."""
    try:
        *lines, last = base.decode("ascii").split("\n")
    except UnicodeDecodeError:
        wrong("evidence_malformed", "the signature base is not ASCII")
    pairs = [re.fullmatch(r'"([a-z@][a-z0-9@-]*)": ([\x20-\x7e]+)', line) for line in lines]
    told = re.fullmatch(r'"@signature-params": \(([^()]*)\)((?:;[^;"]*(?:"[^"]*")?)*)', last)
    if told is None or not all(pairs) or len(base) > 16 * 1024:
        wrong("evidence_malformed", "a line of the signature base cannot be read")
    covered = {pair[1]: pair[2] for pair in pairs if pair}
    if [f'"{name}"' for name in covered] != told[1].split(" ") or len(covered) != len(lines):
        wrong("evidence_malformed", "the signature base has other lines than it names")
    if sorted(covered) != sorted(COVERED):
        wrong("evidence_unfit", "the signature covers other parts of the request")
    return covered, read_parameters(told[2])


def read_parameters(text: str) -> dict[str, str]:
    """Read the parameters of a signature: exactly those of the profile."""
    shape = r';([a-z]+)=(?:([0-9]{1,15})|"([\x20\x21\x23-\x5b\x5d-\x7e]*)")'
    found = list(re.finditer(shape, text))
    signed = {each[1]: each[2] or each[3] or "" for each in found}
    if "".join(each[0] for each in found) != text or len(found) != len(signed):
        wrong("evidence_malformed", "the parameters of the signature cannot be read")
    numbers = {each[1] for each in found if each[2]}
    is_ed25519 = signed.pop("alg", "ed25519") == "ed25519"
    named = signed.keys() == {"created", "expires", "keyid", "nonce", "tag"}
    if not is_ed25519 or not named or numbers != {"created", "expires"}:
        wrong("evidence_unfit", "the signature has other parameters")
    if signed["tag"] != "greenledger-req/v1" or not 16 <= len(signed["nonce"]) <= 64:
        wrong("evidence_unfit", "the signature was made for something else")
    return signed


def check_time(signed: dict[str, str], at: int) -> None:
    """See whether a request was signed for the moment at which it was taken."""
    created, expires = int(signed["created"]), int(signed["expires"])
    if not 0 < expires - created <= SIGNED_FOR or created > at + AHEAD or at > expires + WAITING:
        wrong("evidence_untimely", "the request was signed for another time")


def command_keys(lines: dict[str, str], body: bytes) -> Iterator[str]:
    """Yield the keys of all commands that a request can bring: its own, and one an item."""
    header = lines["idempotency-key"]
    quoted = re.fullmatch(r'"((?:[^"\\]|\\["\\])*)"', header)
    key = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else header
    yield key
    for at, item in enumerate(items_of(body)):
        yield f"{key}#{at}"
        if isinstance(item, dict) and isinstance(item.get("idempotency_key"), str):
            yield item["idempotency_key"]


def items_of(body: bytes) -> list[Any]:
    """Read the items of a body: its longest list, or its lines."""
    try:
        document = json.loads(body)
    except ValueError:
        return [parsed(line) for line in body.splitlines()]
    if not isinstance(document, dict):
        return []
    return max(
        (value for value in document.values() if isinstance(value, list)), key=len, default=[]
    )


def parsed(line: bytes) -> Any:
    """Read a line as JSON, if it is."""
    try:
        return json.loads(line)
    except ValueError:
        return None


# --- The program ----------------------------------------------------------------------------------


def verify(root: Path, policy: bytes, schema: Json) -> tuple[Head, dict[str, dict[str, int]]]:
    """Verify a bundle; return its checkpoint, and what each instrument came to."""
    head, auditor = opened(root, policy, schema)
    return head, auditor.audit()


def opened(root: Path, policy: bytes, schema: Json) -> tuple[Head, Auditor]:
    """Verify checkpoint, tiles, bytes and shapes of a bundle; return an auditor who has yet to replay it."""
    believed = read_policy(policy)
    if not (root / "checkpoint").exists():
        wrong("checkpoint_missing", "the bundle has no checkpoint")
    head = open_checkpoint((root / "checkpoint").read_bytes(), believed)
    entries = read_entries(root, head.size)
    leaves = [leaf_hash(entry) for entry in entries]
    check_tiles(root, leaves)
    if tree_root(leaves) != head.root:
        wrong("root_mismatch", "the entries make another root than the checkpoint's")
    if (root / "checkpoint.from").exists():
        earlier = open_checkpoint((root / "checkpoint.from").read_bytes(), believed, quorum=False)
        same = earlier.origin == head.origin and earlier.size <= head.size
        if not same or tree_root(leaves[: earlier.size]) != earlier.root:
            wrong("not_consistent", "the log is not the one of the earlier checkpoint")
    records = []
    for index, entry in enumerate(entries):
        records.append(read_record(entry, index))
        check_shape(schema, records[-1], index)
    books = [path.read_bytes() for path in (root / "rules").glob("*.toml")]
    rulebooks = {sha256(book).hexdigest(): book for book in books}
    return head, Auditor(records, leaves, rulebooks, Requests(root))


def schema_beside() -> Path:
    """Find the published schema: beside this file where it was copied, or in the registry's own tree."""
    beside = Path(__file__).with_name("journal.json")
    return beside if beside.exists() else Path(__file__).parents[2] / "schemas/json/journal.json"


def verdict(head: Head, auditor: Auditor, totals: dict[str, dict[str, int]]) -> Json:
    """Tell what was found to be so; closings whose records name no statement are named one by one."""
    untold = [{"budget_id": name, "index": index} for name, index in auditor.filed.untold]
    return {
        "verified": True,
        "origin": head.origin,
        "entries": head.size,
        "root": head.root.hex(),
        "units": totals,
        "statements": {"equal": auditor.filed.equal, "not_named_in_the_log": untold},
    }


def first_difference(one: Any, other: Any, place: str = "") -> str | None:
    """Name the first member in which two documents differ, in the order of RFC 8785."""
    if isinstance(one, dict) and isinstance(other, dict):
        pairs = [
            (name, one.get(name), other.get(name)) for name in sorted(one.keys() | other.keys())
        ]
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = [(str(n), *pair) for n, pair in enumerate(zip(one, other, strict=True))]
    else:
        return None if one == other else place
    inner = (first_difference(mine, theirs, f"{place}/{name}") for name, mine, theirs in pairs)
    return next((found for found in inner if found is not None), None)


def compared(raw: bytes, against: bytes) -> Json:
    """Tell whether a document is the statement, byte for byte; if not, where it differs first."""
    if raw == against:
        return {"same_bytes": True}
    try:
        place = first_difference(json.loads(raw), json.loads(against))
    except ValueError:
        return {"same_bytes": False, "differs_at": "it is not JSON"}
    return {"same_bytes": False, "differs_at": place or "the spelling alone"}


def tell_statement(auditor: Auditor, asked: argparse.Namespace) -> int:
    """Print one statement as it must be; return 0 if the log names it, and the file given is it."""
    kept = auditor.filed.kept
    n = asked.n or max((n for name, n in kept if name == asked.statement), default=0)
    if (asked.statement, n) not in kept:
        told = [n for name, n in kept if name == asked.statement]
        print(json.dumps({"code": "statement_unknown", "statements": told}))
        return 2
    raw, equal = kept[asked.statement, n]
    said: Json = {"n": n, "sha256": sha256(raw).hexdigest(), "named_in_the_log": equal}
    if asked.against:
        said |= compared(raw, asked.against.read_bytes())
        print(json.dumps(said, ensure_ascii=False))
    else:
        sys.stdout.buffer.write(raw)
        print(json.dumps(said), file=sys.stderr)
    return 0 if equal and said.get("same_bytes", True) else 1


def main() -> None:
    """Verify one bundle; say what it comes to, or what is wrong first; or print one statement of it."""
    parser = argparse.ArgumentParser(
        description="Verify a registry's bundle with public keys alone."
    )
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--policy", type=Path, required=True, help="your own policy")
    parser.add_argument(
        "--schema", type=Path, default=schema_beside(), help="journal.json, as published"
    )
    parser.add_argument("--statement", metavar="BUDGET", help="print the statement of a budget")
    parser.add_argument("--n", type=int, help="which of its statements; the last, if not told")
    parser.add_argument("--against", type=Path, help="a statement to compare instead of printing")
    asked = parser.parse_args()
    schema = json.loads(asked.schema.read_text("utf-8"))
    try:
        head, auditor = opened(asked.bundle, asked.policy.read_bytes(), schema)
        auditor.filed.wanted = frozenset({asked.statement} - {None})
        totals = auditor.audit()
    except Wrong as found:
        told = {"verified": False, "code": found.code, "index": found.index, "sentence": str(found)}
        print(json.dumps(told))
        sys.exit(1)
    if asked.statement:
        sys.exit(tell_statement(auditor, asked))
    print(json.dumps(verdict(head, auditor, totals), ensure_ascii=False))


if __name__ == "__main__":
    main()
