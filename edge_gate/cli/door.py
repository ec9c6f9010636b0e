"""`edge-gate door`: speak to the running daemon."""

from pathlib import Path
from typing import Annotated, Literal

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
    before = _ask(context, "unlock", reason)
    if before["state"] == "lockdown":
        console.print("it stays secured: the door is locked down; `edge-gate door mode normal` ends that")
    elif before["barred"]:
        console.print("it stays secured: the other door of the interlock is open")
    elif before["open"]:
        console.print("it stays secured: the door is open")
    else:
        console.print("the strike is released for the unlock time")


@app.command()
def secure(context: typer.Context, reason: Reason = "") -> None:
    """Secure the strike now."""
    _ask(context, "secure", reason)
    console.print("the strike is secured")


@app.command()
def mode(
    context: typer.Context,
    chosen: Annotated[Literal["normal", "lockdown", "free"], typer.Argument(metavar="normal|lockdown|free")],
    minutes: Annotated[int | None, typer.Option(min=1, max=525_600, help="How long free lasts.")] = None,
    reason: Reason = "",
) -> None:
    """Lock the door down, leave it free (until told otherwise, or for some minutes), or end either."""
    if minutes is not None and chosen != "free":
        raise typer.BadParameter("--minutes goes with free alone")
    if chosen == "free":
        _ask(context, "free", reason, ms=None if minutes is None else minutes * 60_000)
    else:
        _ask(context, {"normal": "secure"}.get(chosen, chosen), reason)
    console.print(
        {"normal": "the strike is secured", "lockdown": "the door is locked down"}.get(
            chosen, "the door is free"
        )
    )


@app.command()
def forgive(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="Whom; everybody where left out.")] = None,
    reason: Reason = "",
) -> None:
    """Let anti-passback forget on which side somebody is."""
    _ask(context, "forgive", reason, name=name)
    console.print(f"anti-passback has forgotten where {name or 'everybody'} is", markup=False)


def _ask(
    context: typer.Context, command: str, reason: str = "", **more: int | str | None
) -> dict[str, object]:
    return ask(Path(site(context).settings().control.socket), command, reason, **more)
