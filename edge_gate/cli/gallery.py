"""`edge-gate gallery`: who is enrolled."""

from contextlib import closing
from dataclasses import asdict

import typer

from edge_gate.access.events import GalleryRekeyed, SubjectRemoved
from edge_gate.cli.site import Json, console, say_json, site
from edge_gate.evaluation.budget import promise_in_words
from edge_gate.evaluation.lookalikes import alike_in_words
from edge_gate.provisioning.ledger import ledger
from edge_gate.service import wiring
from edge_gate.service.standard import Mode, audited

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
    """Enrolled people whom this door could take for each other, and names that may be one person's."""
    settings = site(context).settings()
    standard, calibration = wiring.standard(settings), wiring.calibration(settings)
    with closing(wiring.gallery(settings)) as gallery:
        roster = gallery.roster()
    standard.ruling(roster, Mode.SEARCH)
    answer = standard.answers[Mode.SEARCH]
    for pair in audited(roster, answer, calibration):
        if json:
            say_json(asdict(pair))
        else:
            console.print(alike_in_words(pair), markup=False)
    if json:
        say_json({"promise": standard.figures()})
    else:
        console.print(promise_in_words(answer), markup=False)


@app.command()
def remove(context: typer.Context, name: str) -> None:
    """Erase a person's templates; they are overwritten on the disk."""
    settings = site(context).settings()
    with closing(wiring.gallery(settings)) as gallery, ledger(settings) as book:
        templates = gallery.remove(name, lambda count: book.note(SubjectRemoved(name, count)))
    console.print(f"{name}: {templates} templates erased", markup=False)


@app.command()
def rekey(context: typer.Context) -> None:
    """Encrypt every template under a new key, and replace the key file."""
    settings = site(context).settings()
    with closing(wiring.gallery(settings)) as gallery, ledger(settings) as book:
        templates = gallery.rekey(lambda count: book.note(GalleryRekeyed(count)))
    console.print(f"{templates} templates encrypted under a new key")
