"""`edge-gate groups`: when the members of a group may enter."""

from typing import Annotated

import typer

from edge_gate.cli.owner import book, changed
from edge_gate.cli.site import Json, console, say_json

app = typer.Typer(help="When the members of a group may enter.", no_args_is_help=True)


@app.command()
def allow(
    context: typer.Context,
    name: str,
    schedule: Annotated[str, typer.Argument(help="A schedule's name, or always, or never.")],
) -> None:
    """Add a group, or let it enter at other times. `everyone` is whoever is in no other group."""
    book(context).allow(name, schedule)
    changed(context, f"group {name}: {schedule}")


@app.command("list")
def listing(context: typer.Context, json: Json = False) -> None:
    """Every group, its schedule and its members."""
    rules = book(context).rules()
    for name, schedule in rules.groups.items():
        members = [person.name for person in rules.people.values() if name in person.groups]
        if json:
            say_json({"name": name, "schedule": schedule, "members": members})
        else:
            console.print(f"{name}: {schedule}; {', '.join(members) or 'nobody by name'}", markup=False)


@app.command()
def remove(context: typer.Context, name: str) -> None:
    """Forget a group that nobody is in."""
    book(context).remove_group(name)
    changed(context, f"group {name}: forgotten")
