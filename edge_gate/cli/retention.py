"""`edge-gate retention`: the journal is kept no longer than it should be."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from edge_gate.access.events import DoorEvent
from edge_gate.cli.site import Json, console, say_json, site
from edge_gate.devices.clock import SystemClock
from edge_gate.service import wiring
from edge_gate.store.record import Entry


def retention(
    context: typer.Context,
    days: Annotated[
        int | None,
        typer.Option(min=1, max=3650, help="Records older than this go; store.keep_days unless told."),
    ] = None,
    json: Json = False,
) -> None:
    """Remove journal records for their age; the chain still verifies, and says up to where it was cut.

    A timer does this once a day. It removes nothing from a journal that does not verify: that is evidence.
    """
    settings = site(context).settings()
    days = days or settings.store.keep_days
    clock = SystemClock()

    def entry(event: DoorEvent) -> Entry:
        return Entry(event, clock.now(), clock.utc_ms())

    gone = 0
    if days:
        before = datetime.fromtimestamp(clock.utc_ms() / 1000, UTC) - timedelta(days=days)
        with closing(wiring.journal(settings)) as journal:
            gone = journal.prune(before, days, entry)
    if json:
        say_json({"removed": gone, "days": days})
    elif days:
        console.print(f"{gone} records older than {days} days removed")
    else:
        console.print("every record is kept: store.keep_days is 0")
