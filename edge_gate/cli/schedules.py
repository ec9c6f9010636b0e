"""`edge-gate schedules`: hours of the week under a name."""

from typing import Annotated

import typer

from edge_gate.access.schedule import Schedule
from edge_gate.cli.owner import book, changed
from edge_gate.cli.site import Json, console, say_json

app = typer.Typer(help="Hours of the week under a name.", no_args_is_help=True)


@app.command("set")
def put(
    context: typer.Context,
    name: str,
    hours: Annotated[str, typer.Argument(help="e.g. 'mon-fri 07:00-19:00, holiday 10:00-12:00'")],
) -> None:
    """Add or change a schedule. A holiday is none of the seven days; 22:00-06:00 runs into the next."""
    try:
        schedule = Schedule.parse(hours)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    book(context).save_schedule(name, schedule)
    changed(context, f"schedule {name}: {schedule}")


@app.command("list")
def listing(context: typer.Context, json: Json = False) -> None:
    """Every schedule; always and never are there without being listed."""
    for name, schedule in book(context).rules().schedules.items():
        if json:
            say_json({"name": name, "hours": str(schedule)})
        else:
            console.print(f"{name}: {schedule}", markup=False)


@app.command()
def remove(context: typer.Context, name: str) -> None:
    """Forget a schedule that nothing names."""
    book(context).remove_schedule(name)
    changed(context, f"schedule {name}: forgotten")
