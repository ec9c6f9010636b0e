"""`edge-gate`: the application, its options and how it fails."""

import sys
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from edge_gate import __version__
from edge_gate.cli import site
from edge_gate.cli.site import Site, fails_in_words

VERBS = (
    "init",
    "doctor",
    "run",
    "demo",
    "replay",
    "enrol",
    "commission",
    "gallery",
    "people",
    "groups",
    "schedules",
    "holidays",
    "door",
    "journal",
    "models",
    "backup",
    "restore",
    "export-person",
    "erase",
    "retention",
    "support-bundle",
    "check",
    "tune",
    "bench",
    "evaluate",
    "calibrate",
    "secure",
    "manual",
)
"""Each is a module here: of one command by its own name, or of several in an `app`."""


def _version(asked: bool) -> None:
    if asked:
        site.console.print(f"edge_gate {__version__}")
        raise typer.Exit


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


# Some releases of typer bring a click of their own: what both give is asked for by its attributes.
class Verbs(TyperGroup):
    """Leads who asks for a verb that is not here to those called so, or nearly so, wherever they are."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """As typer's, with a message that looks at every verb."""
        if not ctx.resilient_parsing and self.get_command(ctx, args[0]) is None:
            found = list(_alike(args[0]))
            here = [verb for verb in found if verb.startswith(f"edge-gate {self.name} ")]
            meant = " or ".join(f"`{verb}`" for verb in here or found)
            ctx.fail(f"No such command {args[0]!r}.{f' Did you mean {meant}?' if meant else ''}")
        return super().resolve_command(ctx, args)


def _alike(word: str) -> Iterator[str]:
    every = list(_within(typer.main.get_command(application([])), "edge-gate"))
    names = [verb.split()[-1] for verb in every]
    # Near enough that `lock` is not taken for `unlock`.
    near = [word] if word in names else get_close_matches(word, names, cutoff=0.85)
    return (verb for verb, name in zip(every, names, strict=True) if name in near)


def _within(group: Any, before: str) -> Iterator[str]:
    for name, command in group.commands.items():
        if not command.hidden:
            yield f"{before} {name}"
        if hasattr(command, "commands"):
            yield from _within(command, f"{before} {name}")


def application(words: Sequence[str]) -> typer.Typer:
    """The verbs that these words may ask for, or all of them: a daemon does not load what it never uses."""
    app = typer.Typer(
        cls=Verbs,
        help="A door that opens for the faces it knows.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="markdown",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_site)
    for verb in [verb for verb in VERBS if verb in words] or VERBS:
        name = verb.replace("-", "_")
        room = import_module(f"edge_gate.cli.{name}")
        if hasattr(room, "app"):
            app.add_typer(room.app, name=verb, cls=Verbs)
        else:
            app.command(verb)(getattr(room, name))
    return app


def main() -> None:
    """Run a verb; a failure is one message and its kind's exit code."""
    fails_in_words(lambda: application(sys.argv[1:])())  # noqa: PLW0108 - its imports may fail too
