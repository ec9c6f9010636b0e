"""`edge-gate init`: a door's configuration from a few questions."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.syntax import Syntax

from edge_gate.cli.site import CONFIG, complaints, console, site
from edge_gate.config import Settings, load
from edge_gate.errors import ConfigError, EdgeGateError
from edge_gate.provisioning.setup import (
    QUESTIONS,
    Question,
    beside,
    changes,
    composed,
    current,
    difference,
    read_answers,
    write,
)
from edge_gate.store.manifest import read_manifest


def init(
    context: typer.Context,
    answers: Annotated[
        Path | None, typer.Option(help="A TOML file of `name = value` lines, instead of being asked.")
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Overwrite without asking; the diff is shown still.")
    ] = False,
    questions: Annotated[
        bool, typer.Option("--questions", help="Print the questions as a file of answers, and leave.")
    ] = False,
) -> None:
    """Write this door's configuration: ask, explain, show what changes, and only then write.

    What the configuration says already is the answer offered; keys that no question is about are kept.
    Every key stands in the file with its comment, so that the file is its own manual.
    """
    path = site(context).config or CONFIG
    before = load(path) if path.exists() else load(None)
    if questions:
        typer.echo(_as_answers(before), nl=False)
        return
    given = read_answers(answers) if answers else _asked(before)
    text = composed(before, changes(given, str(answers or "your answers")) | beside(path, before))
    old = path.read_text() if path.exists() else ""
    if text == old:
        console.print(f"{path} says so already", markup=False)
        return
    if old:
        console.print(Syntax(difference(old, text, path.name), "diff", background_color="default"))
        _agree(path, yes=yes)
    write(path, text)
    console.print(f"{path} is written", markup=False, soft_wrap=True)
    console.print("next: `sudo /opt/edge_gate/current/boot-config`, then `sudo edge-gate doctor`")


def _asked(before: Settings) -> dict[str, str]:
    console.print("[bold]A door's configuration.[/] Return takes what stands in brackets.\n")
    given: dict[str, str] = {}
    for question in QUESTIONS:
        if not _applies(question, given):
            continue
        console.print(f"[dim]{question.help}[/]", soft_wrap=True)
        while question.name not in given:
            answer: str = typer.prompt(_worded(question), default=current(question, before))
            try:
                composed(before, changes({**given, question.name: answer}, "this answer"))
                given[question.name] = answer
            except EdgeGateError as error:
                complaints.print(error.what, markup=False)
    return given


def _worded(question: Question) -> str:
    return f"{question.asks} ({' | '.join(question.choices)})" if question.choices else question.asks


def _applies(question: Question, given: Mapping[str, str]) -> bool:
    match question.name:
        case "strike_pin" | "position_pin" | "rex_pin":
            return given["board"] != "simulated"
        case "models":
            return given["pack"] != "builtin"
        case "photograph_may_open":
            return not read_manifest().chosen(given["pack"]).liveness and "face" in given["mode"]
        case _:
            return True


def _as_answers(before: Settings) -> str:
    lines = []
    for question in QUESTIONS:
        answer = current(question, before)
        value = answer if question.name.endswith(("_pin", "_opens")) else f'"{answer}"'
        lines.append(f"# {_worded(question)} {question.help}\n{question.name} = {value}\n")
    return "\n".join(lines)


def _agree(path: Path, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise ConfigError(f"{path} is there already, and would change as shown", "Add --yes to overwrite it")
    if not typer.confirm(f"Overwrite {path}?"):
        raise typer.Abort
