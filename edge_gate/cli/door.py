"""`edge-gate door`: speak to the running daemon."""

from pathlib import Path
from typing import Annotated

import typer

from edge_gate.cli.site import Json, console, say_json, site
from edge_gate.service.control import ask

app = typer.Typer(help="Speak to the running daemon.", no_args_is_help=True)

Reason = Annotated[str, typer.Option(help="Why; it is written in the journal.")]


@app.command()
def status(context: typer.Context, json: Json = False) -> None:
    """How the door stands, and whether the daemon is well."""
    answer = _ask(context, "status")
    if json:
        say_json(answer)
        return
    for name, value in answer.items():
        console.print(f"{name:16} {value}", markup=False)


@app.command()
def unlock(context: typer.Context, reason: Reason = "") -> None:
    """Release the strike once, for the unlock time."""
    _ask(context, "unlock", reason)
    console.print("the strike is released for the unlock time, if the door is shut")


@app.command()
def secure(context: typer.Context, reason: Reason = "") -> None:
    """Secure the strike now."""
    _ask(context, "secure", reason)
    console.print("the strike is secured")


def _ask(context: typer.Context, command: str, reason: str = "") -> dict[str, object]:
    return ask(Path(site(context).settings().control.socket), command, reason)
