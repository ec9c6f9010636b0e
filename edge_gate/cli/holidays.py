"""`edge-gate holidays`: dates that are none of the seven days."""

from datetime import datetime
from typing import Annotated

import typer

from edge_gate.cli.owner import book, changed
from edge_gate.cli.site import Json, console, say_json

app = typer.Typer(help="Dates that are none of the seven days of the week.", no_args_is_help=True)

Days = Annotated[list[datetime], typer.Argument(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD...")]


@app.command()
def add(context: typer.Context, days: Days) -> None:
    """Make dates holidays: only schedules that name `holiday` hold on them."""
    for day in days:
        book(context).save_holiday(day.date())
    changed(context, f"holidays added: {_listed(days)}")


@app.command("list")
def listing(context: typer.Context, json: Json = False) -> None:
    """Every holiday."""
    for day in book(context).rules().holidays:
        if json:
            say_json({"day": day.isoformat()})
        else:
            console.print(day.isoformat())


@app.command()
def remove(context: typer.Context, days: Days) -> None:
    """Make dates ordinary days again."""
    for day in days:
        book(context).remove_holiday(day.date())
    changed(context, f"holidays removed: {_listed(days)}")


def _listed(days: list[datetime]) -> str:
    return ", ".join(day.date().isoformat() for day in days)
