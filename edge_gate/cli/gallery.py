"""`edge-gate gallery`: who is enrolled."""

from contextlib import closing
from typing import Annotated

import msgspec
import typer

from edge_gate.access.events import GalleryRekeyed, SubjectRemoved
from edge_gate.cli.owner import book, changed
from edge_gate.cli.site import Json, console, say_json, site
from edge_gate.errors import GalleryError
from edge_gate.evaluation.budget import promise_in_words
from edge_gate.evaluation.lookalikes import alike_in_words, between
from edge_gate.provisioning import lookalikes
from edge_gate.provisioning.ledger import ledger
from edge_gate.service import wiring
from edge_gate.service.standard import usual

app = typer.Typer(help="Who is enrolled.", no_args_is_help=True)


@app.command("list")
def listing(context: typer.Context, json: Json = False) -> None:
    """Everybody enrolled, and how many templates each has."""
    with closing(wiring.gallery(site(context).settings())) as gallery:
        for subject, templates in gallery.subjects().items():
            if json:
                say_json({"subject": subject, "templates": templates})
            else:
                console.print(f"{templates:4} {subject}", markup=False)


@app.command()
def show(context: typer.Context, name: str, json: Json = False) -> None:
    """What is kept of one person (never the template itself)."""
    with closing(wiring.gallery(site(context).settings())) as gallery:
        told = {"subject": name, "templates": gallery.subjects().get(name, 0)}
        told |= {"embedder": gallery.roster().embedder}
    if json:
        say_json(told)
    else:
        console.print(f"{name}: {told['templates']} templates by {told['embedder']}", markup=False)


@app.command()
def audit(context: typer.Context, json: Json = False) -> None:
    """Find people whom this door could take for each other; from then on they need more than a face.

    Two names as alike as two pictures of one person usually are may be one person's: merge them.
    """
    settings = site(context).settings()
    with closing(wiring.gallery(settings)) as gallery:
        roster = gallery.roster()
    found = lookalikes.audit(settings, roster)
    alike = wiring.rulebook(settings).rules().alike
    for pair in found.pairs:
        apart = pair.second not in alike.get(pair.first, ())
        if json:
            say_json({**msgspec.to_builtins(pair), "told_apart": apart})
        else:
            words = alike_in_words(pair) + " (told apart by an operator)" * apart
            console.print(words, markup=False, soft_wrap=True)
    if json:
        say_json({"promise": {"search": msgspec.to_builtins(found.answer)}})
    else:
        console.print(
            f"{len(alike)} people need a card or PIN besides the face; {len(found.new)} pairs are new"
        )
        console.print(promise_in_words(found.answer), markup=False)


@app.command()
def apart(context: typer.Context, one: str, other: str) -> None:
    """Let two look-alikes in by face alone all the same; the lead of one over the other still counts."""
    book(context).tell_apart(one, other)
    changed(context, f"{one} and {other}: told apart, a face alone is enough again")


@app.command()
def merge(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The name that stays.")],
    other: Annotated[str, typer.Argument(help="The name that goes; all it has goes to the first.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Make one person of two names. Templates, groups and cards add up; days and PIN stay the first's."""
    settings = site(context).settings()
    with closing(wiring.gallery(settings)) as gallery:
        roster = gallery.roster()
        for each in (name, other):
            if each not in roster.subjects:
                raise GalleryError(f"Nobody named {each!r} is enrolled", "See `edge-gate gallery list`")
        if name == other:
            raise typer.BadParameter("give two names")
        score = between(roster, name, other)
        usually = usual(wiring.calibration(settings))
        console.print(
            f"{name} and {other}: score {score:.3f}; two pictures of one person usually reach {usually:.3f}",
            markup=False,
        )
        if not yes and not typer.confirm("Are they one person?"):
            raise typer.Abort
        templates = lookalikes.merge(settings, gallery, name, other)
    console.print(f"{name}: {templates} templates; there is no {other} any more", markup=False)


@app.command()
def remove(context: typer.Context, name: str) -> None:
    """Erase a person's templates; they are overwritten on the disk."""
    settings = site(context).settings()
    with closing(wiring.gallery(settings)) as gallery, ledger(settings) as noted:
        templates = gallery.remove(name, lambda count: noted.note(SubjectRemoved(name, count)))
        wiring.rulebook(settings).forget_alike(name)
    console.print(f"{name}: {templates} templates erased", markup=False)


@app.command()
def rekey(context: typer.Context) -> None:
    """Encrypt every template under a new key, and replace the key file."""
    settings = site(context).settings()
    with closing(wiring.gallery(settings)) as gallery, ledger(settings) as noted:
        templates = gallery.rekey(lambda count: noted.note(GalleryRekeyed(count)))
    console.print(f"{templates} templates encrypted under a new key")
