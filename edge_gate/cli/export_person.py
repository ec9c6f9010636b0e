"""`edge-gate export-person`: what a person may ask for."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from edge_gate.access.events import SubjectExported
from edge_gate.cli.site import console, site
from edge_gate.errors import UnreadableInput
from edge_gate.provisioning.ledger import ledger
from edge_gate.provisioning.person import held
from edge_gate.store.files import write_private


def export_person(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The name under which the person is enrolled.")],
    out: Annotated[Path, typer.Option(help="The file to make (JSON, 0600).")] = Path("person.json"),
) -> None:
    """Write down all that is kept of a person (GDPR article 15): rules, cards, whereabouts, journal.

    Of templates it tells how many there are, which network made them and what they are; the numbers
    themselves stay encrypted, as nobody could read them and a thief could use them.
    """
    settings = site(context).settings()
    told = held(settings, name)
    with ledger(settings) as book:
        book.note(SubjectExported(name))
        try:
            write_private(out, msgspec.json.format(msgspec.json.encode(told)) + b"\n")
        except OSError as error:
            raise UnreadableInput(
                f"{out} cannot be made ({error.strerror})", "Name a file that is not there yet with --out"
            ) from error
    console.print(f"{out}: all that is kept of {name}", markup=False)
