"""`edge-gate run`: the daemon."""

import os
import sys

import typer

from edge_gate.cli import site as speech
from edge_gate.cli.site import Json, complain, say_json, site
from edge_gate.errors import EdgeGateError
from edge_gate.service import daemon
from edge_gate.store.record import Record


def run(context: typer.Context, json: Json = False) -> None:
    """Keep the door: what the systemd unit starts. Ends on SIGTERM, the strike secured first."""
    settings = site(context).settings()
    if settings.liveness.waiver:
        speech.console.print(
            "[bold yellow]liveness is waived: a photograph may open this door[/]", soft_wrap=True
        )
    code = 0
    try:
        daemon.run(settings, _say_json if json else _say)
    except EdgeGateError as error:
        code = complain(error)
    # A camera's thread may still be inside native code, where the interpreter's own way out would abort.
    sys.stdout.flush()
    os._exit(code)


def _say_json(record: Record) -> None:
    say_json({**record.as_json(), "hash": record.hash})


def _say(record: Record) -> None:
    words = [record.utc, record.event, record.subject, record.reason]
    score = [] if record.score is None else [f"score {record.score:.3f}"]
    chain = f"#{record.seq} {record.hash[:16]}"
    speech.console.print(" ".join([*filter(None, words), *score, chain]), markup=False, soft_wrap=True)
