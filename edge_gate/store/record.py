"""One line of the journal, and the hash that chains it to the line before."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from edge_gate.access.events import DoorEvent
from edge_gate.access.instant import Instant
from edge_gate.digest import sha256

GENESIS = "0" * 64
"""What the first record is chained to."""

_COMMON = ("subject", "reason", "score")
RESERVED = frozenset(("seq", "utc", "t_ms", "event", *_COMMON, "previous", "hash"))
"""Names that no event's other field may have, or it could pass for one of these under the hash."""

_COLUMNS = ("seq", "utc", "t_ms", "event", *_COMMON, "detail", "hash")


class Entry(Struct, frozen=True):
    """An event on its way into the journal.

    Attributes:
        event: what happened.
        at: when, on the clock that the door runs on.
        utc_ms: when, in milliseconds since 1970, for the journal's readers.
    """

    event: DoorEvent
    at: Instant
    utc_ms: int


class Record(Struct, frozen=True):
    """An event as the journal keeps it.

    Attributes:
        seq: counts the records from 1, without a gap.
        utc: ISO 8601 with milliseconds, ``2026-03-01T07:30:00.000Z``; may jump when the clock is set.
        t_ms: monotonic milliseconds; comparable within one run of the machine.
        event: its name, such as ``access_granted``.
        subject: whom it is about; None where it accuses or names nobody.
        reason: why.
        score: cosine -1..1 (for ``liveness_failed`` 0..1).
        detail: the event's other fields, as JSON knows them.
        hash: sha256, hexadecimal, over the canonical JSON of `as_json()` and ``previous``, the hash
            before it (64 zeros for the first): keys sorted, no blanks, ASCII only.
    """

    seq: int
    utc: str
    t_ms: Instant
    event: str
    subject: str | None
    reason: str | None
    score: float | None
    detail: Mapping[str, object]
    hash: str

    @classmethod
    def of(cls, entry: Entry, seq: int, previous: str) -> "Record":
        """The record that an entry becomes after the one whose hash is `previous`."""
        told = _kept(msgspec.to_builtins(entry.event, str_keys=True, order="deterministic", enc_hook=str))
        subject, reason, score = (told.pop(name, None) for name in _COMMON)
        score = None if score is None else float(score)  # as SQLite gives it back: 1.0 and 1 hash differently
        instant = datetime.fromtimestamp(entry.utc_ms // 1000, UTC)
        utc = f"{instant:%Y-%m-%dT%H:%M:%S}.{entry.utc_ms % 1000:03d}Z"
        return cls(seq, utc, entry.at, entry.event.name, subject, reason, score, told, "").chained(previous)

    def as_json(self) -> dict[str, Any]:
        """The record as one flat object, without its hash."""
        return {
            "seq": self.seq,
            "utc": self.utc,
            "t_ms": self.t_ms,
            "event": self.event,
            "subject": self.subject,
            "reason": self.reason,
            "score": self.score,
            **self.detail,
        }

    def chained(self, previous: str) -> "Record":
        """The record with the hash it has after the one whose hash is `previous`."""
        told = canonical({**self.as_json(), "previous": previous})
        return replace(self, hash=sha256(told.encode("ascii")))


def canonical(told: Mapping[str, object]) -> str:
    """JSON in the one form that is hashed: keys sorted, no blanks, ASCII only, no NaN."""
    return json.dumps(told, sort_keys=True, separators=(",", ":"), allow_nan=False)


def json_lines(records: Iterable[Record]) -> Iterator[str]:
    """One JSON object a record with its hash, so that whoever receives them can follow the chain."""
    for record in records:
        yield json.dumps({**record.as_json(), "hash": record.hash})


def csv_lines(records: Iterable[Record]) -> Iterator[str]:
    """A heading, then one line a record; `detail` is JSON.

    A text that a spreadsheet would run as a formula is given a leading apostrophe (OWASP, CSV injection).
    """
    yield _csv(_COLUMNS)
    for record in records:
        detail = canonical(record.detail)
        texts = (_inert(record.event), _inert(record.subject), _inert(record.reason))
        yield _csv((record.seq, record.utc, record.t_ms, *texts, record.score, detail, record.hash))


def _kept(value: Any) -> Any:
    """The same value without what JSON or SQLite cannot give back: NaN, infinity, half a character."""
    match value:
        case float():
            return value if math.isfinite(value) else None
        case str():
            return value.encode("utf-8", "replace").decode()
        case list() | tuple():
            return [_kept(each) for each in value]
        case dict():
            return {_kept(name): _kept(each) for name, each in value.items()}
        case _:
            return value


def _inert(text: str | None) -> str | None:
    return f"'{text}" if text and text[0] in "=+-@\t\r" else text


def _csv(row: Iterable[object]) -> str:
    import csv  # noqa: PLC0415 - a door that runs writes none
    import io  # noqa: PLC0415

    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(row)
    return line.getvalue()
