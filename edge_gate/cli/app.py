"""`edge-gate`: the application, its options and how it fails."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from edge_gate import __version__
from edge_gate.cli import (
    bench,
    check,
    demo,
    doctor,
    door,
    enrol,
    evaluate,
    gallery,
    groups,
    holidays,
    init,
    journal,
    models,
    people,
    replay,
    run,
    schedules,
    secure,
    tune,
)
from edge_gate.cli.site import Site, complain, console
from edge_gate.errors import EdgeGateError

app = typer.Typer(
    help="A door that opens for the faces it knows.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("init")(init.init)
app.command("doctor")(doctor.doctor)
app.command("run")(run.run)
app.command("demo")(demo.demo)
app.command("replay")(replay.replay)
app.command("enrol")(enrol.enrol)
app.add_typer(gallery.app, name="gallery")
app.add_typer(people.app, name="people")
app.add_typer(groups.app, name="groups")
app.add_typer(schedules.app, name="schedules")
app.add_typer(holidays.app, name="holidays")
app.add_typer(door.app, name="door")
app.add_typer(journal.app, name="journal")
app.add_typer(models.app, name="models")
app.command("check")(check.check)
app.command("tune")(tune.tune)
app.command("bench")(bench.bench)
app.command("evaluate")(evaluate.evaluate)
app.command("secure")(secure.secure)


def _version(asked: bool) -> None:
    if asked:
        console.print(f"edge_gate {__version__}")
        raise typer.Exit


@app.callback()
def _site(
    context: typer.Context,
    config: Annotated[
        Path | None, typer.Option(help="Configuration; /etc/edge_gate/edge_gate.toml unless told.")
    ] = None,
    state: Annotated[
        Path | None, typer.Option(help="State directory: gallery, journal, key, control socket.")
    ] = None,
    version: Annotated[  # noqa: ARG001 - handled by its own callback
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version and leave.")
    ] = False,
) -> None:
    context.obj = Site(config, state)


def main() -> None:
    """Run a verb; a failure is one message and its kind's exit code."""
    try:
        app()
    except EdgeGateError as error:
        sys.exit(complain(error))
