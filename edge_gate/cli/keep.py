"""Keeping the door: what `edge-gate run` does."""

import os
import sys

from edge_gate.cli.site import Site, complain, say, say_json, warn
from edge_gate.errors import EdgeGateError
from edge_gate.service import daemon
from edge_gate.store.record import Record


def keep(site: Site, *, json: bool = False) -> None:
    """Keep the door until SIGTERM or a fault, then leave the process: does not return.

    Raises:
        EdgeGateError: if the configuration is not what it should be.
    """
    settings = site.settings()
    if settings.liveness.waiver:
        warn("liveness is waived: a photograph may open this door")
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
    say(" ".join([*filter(None, words), *score, chain]))
