"""`edge-gate run`: the daemon."""

import typer

from edge_gate.cli.keep import keep
from edge_gate.cli.site import Json, site


def run(context: typer.Context, json: Json = False) -> None:
    """Keep the door: what the systemd unit starts. Ends on SIGTERM, the strike secured first."""
    keep(site(context), json=json)
