"""`edge-gate secure`: take the strike's line back from a daemon that died."""

import typer

from edge_gate.cli.site import console, site
from edge_gate.devices.clock import SystemClock
from edge_gate.service import wiring


def secure(context: typer.Context) -> None:
    """Claim the strike's line secured, and let go: the unit's ExecStopPost. Touches nothing else."""
    wiring.door(site(context).settings(), SystemClock()).close()
    console.print("the strike is secured")
