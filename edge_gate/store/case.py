"""A decision's record, read back and decided once more."""

from typing import Any

import msgspec
from msgspec.structs import replace

from edge_gate.access.case import Case, reheard
from edge_gate.access.telling import telling
from edge_gate.errors import JournalError
from edge_gate.store.record import Entry, Record


def case_of(record: Record) -> Case:
    """What a record of a decision was decided on.

    Raises:
        JournalError: if it is no decision's record, or its case cannot be read.
    """
    told: Any = record.detail.get("case")
    if not told:
        raise JournalError(
            f"Record {record.seq} is no decision ({record.event})",
            "Name a record of access granted, denied or pending",
        )
    try:
        return msgspec.convert(told, Case)
    except ValueError as error:
        raise JournalError(f"The case in record {record.seq} cannot be read: {error}") from error


def redecided(record: Record) -> Record:
    """The record that its own case leads to now; equal to `record` where nothing has changed.

    Raises:
        JournalError: if it is no decision's record, or its case cannot be read.
    """
    case = case_of(record)
    try:
        claim, verdict = reheard(case)
    except ValueError as error:
        raise JournalError(f"The case in record {record.seq} cannot be heard again: {error}") from error
    event = next(telling(claim, verdict, case))
    again = Record.of(Entry(event, record.t_ms, 0), record.seq, "")
    return replace(again, utc=record.utc, hash=record.hash)
