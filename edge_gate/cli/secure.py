"""`edge-gate secure`: take the strike's line back from a daemon that died."""

import typer

from edge_gate.cli.site import console, site
from edge_gate.service import securing


def secure(context: typer.Context) -> None:
    """Claim the strike's line secured, and let go: the unit's ExecStopPost. Touches nothing else."""
    securing.secure(site(context).settings())
    console.print("the strike is secured")
