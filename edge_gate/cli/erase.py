"""`edge-gate erase`: a person's right to be forgotten, with its proof."""

from typing import Annotated

import typer

from edge_gate.cli.site import Json, console, say_json, site
from edge_gate.provisioning.person import erase_person


def erase(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The name under which the person is enrolled.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Erase a person (GDPR article 17): templates overwritten, rules, cards, PINs and whereabouts forgotten.

    The proof is a chained record in the journal; its number and hash are said here, to be kept elsewhere. The
    journal's own lines about the person stay until `edge-gate retention` removes them for their age. Backups
    made before still hold the person: make a new one, destroy the old.
    """
    if not (yes or json) and not typer.confirm(f"Erase {name} for good?"):
        raise typer.Abort
    settings = site(context).settings()
    proof, lines = erase_person(settings, name)
    if json:
        say_json({**proof.as_json(), "hash": proof.hash, "journal_lines": lines})
        return
    console.print(f"{name}: {proof.detail['templates']} templates and all else erased", markup=False)
    console.print(f"proof: journal record {proof.seq}, {proof.utc}, {proof.hash}", soft_wrap=True)
    console.print(f"{lines} lines of the journal name the person until they are old enough to go")
