"""`edge-gate support-bundle`: what to send to somebody who helps."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from edge_gate.cli.site import CONFIG, console, site
from edge_gate.provisioning.doctor import examine
from edge_gate.provisioning.machine import Machine
from edge_gate.provisioning.support import bundle


def support_bundle(
    context: typer.Context,
    out: Annotated[
        Path | None, typer.Option(help="The file to make; named after the day unless told.")
    ] = None,
) -> None:
    """Pack what helps to find a fault: versions, configuration, findings, events and the service's log.

    It holds no template, no picture, no name, no card and no password. Look into it all the same before you
    send it: it is a .tar.gz of plain texts.
    """
    chosen = site(context)
    settings = chosen.settings()
    machine = Machine()
    config = chosen.config or (CONFIG if CONFIG.exists() else None)
    findings = list(examine(config, settings, machine))
    path = out or Path(f"edge_gate-support-{datetime.now(UTC):%Y%m%d-%H%M%S}.tar.gz")
    names = bundle(settings, findings, machine, path)
    console.print(f"{path}: {', '.join(names)}", markup=False, soft_wrap=True)
