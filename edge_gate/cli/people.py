"""`edge-gate people`: who belongs to which group, for how long, with which card and PIN."""

from datetime import date, datetime
from getpass import getpass
from typing import Annotated

import typer
from msgspec.structs import replace

from edge_gate.access.rules import Person
from edge_gate.cli.owner import book, changed
from edge_gate.cli.site import Json, console, say_json, site
from edge_gate.service import wiring

app = typer.Typer(help="Who may pass. Faces are enrolled by `edge-gate enrol`.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The person; the name under which a face is enrolled.")]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD")]
Duress = Annotated[bool, typer.Option("--duress", help="Opens as usual, and raises a silent event.")]


@app.command("set")
def put(
    context: typer.Context,
    name: Name,
    group: Annotated[list[str] | None, typer.Option(help="Instead of the groups so far.")] = None,
    first_day: Day = None,
    last_day: Day = None,
    always: Annotated[bool, typer.Option("--always", help="Take the first and the last day away.")] = False,
) -> None:
    """Add a person, or change what is given; both days are included."""
    rules = book(context)
    person = rules.rules().person(name)
    if always:
        person = replace(person, first_day=None, last_day=None)
    person = replace(
        person,
        groups=tuple(group) if group else person.groups,
        first_day=first_day.date() if first_day else person.first_day,
        last_day=last_day.date() if last_day else person.last_day,
    )
    rules.save_person(person)
    changed(context, _line(person))


@app.command("list")
def listing(context: typer.Context, json: Json = False) -> None:
    """Everybody with rules of their own, what they hold, and who needs more than a face."""
    credentials = wiring.credentials(site(context).settings())
    rules = book(context).rules()
    for person in map(rules.person, sorted({*rules.people, *rules.alike})):
        alike = rules.alike.get(person.name, ())
        cards, pin, number = credentials.held(person.name)
        if json:
            told = {
                "name": person.name,
                "groups": person.groups,
                "cards": cards,
                "pin": pin,
                "number": number,
            }
            days = {"first_day": _iso(person.first_day), "last_day": _iso(person.last_day)}
            say_json({**told, **days, "alike": alike})
        else:
            held = f"{cards} cards" + (f", PIN after {number}*" if pin else "")
            like = f"; looks like {', '.join(alike)}: a face alone is not enough" if alike else ""
            console.print(f"{_line(person)}; {held}{like}", markup=False, soft_wrap=True)


@app.command()
def remove(context: typer.Context, name: Name) -> None:
    """Forget a person's groups, days, cards and PINs. The face goes with `edge-gate gallery remove`."""
    if not book(context).remove_person(name):
        raise typer.BadParameter(f"there are no rules about {name}")
    changed(context, f"{name}: forgotten")


@app.command()
def card(
    context: typer.Context,
    name: Name,
    number: Annotated[
        str | None, typer.Argument(help="As the reader gives it: w26:17:4711, hid:0012.")
    ] = None,
    take: Annotated[bool, typer.Option("--take", help="Take all cards away instead.")] = False,
    duress: Duress = False,
) -> None:
    """Give a person a card, or take all of them away."""
    if take == bool(number):
        raise typer.BadParameter("give a card's number, or --take")
    credentials = wiring.credentials(site(context).settings())
    _known(context, name)
    if number:
        credentials.add_card(name, number, duress=duress)
        changed(context, f"{name}: a card added")
    else:
        changed(context, f"{name}: {credentials.remove_cards(name)} cards taken away")


@app.command()
def pin(context: typer.Context, name: Name, duress: Duress = False) -> None:
    """Give a person a PIN, asked for twice; it is typed after the keypad number, or after the card."""
    chosen = getpass("PIN: ")
    if getpass("PIN again: ") != chosen:
        raise typer.BadParameter("the two were not the same")
    _known(context, name)
    number = wiring.credentials(site(context).settings()).set_pin(name, chosen, duress=duress)
    changed(context, f"{name}: PIN set; typed as {number} * PIN #, or PIN # after the card")


def _known(context: typer.Context, name: str) -> None:
    """Give a holder of a credential a line of their own."""
    rules = book(context)
    if name not in rules.rules().people:
        rules.save_person(Person(name))


def _line(person: Person) -> str:
    days = [f"{word} {day}" for word, day in (("from", person.first_day), ("to", person.last_day)) if day]
    return " ".join([f"{person.name}: {', '.join(person.groups) or 'in no group'}", *days])


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
