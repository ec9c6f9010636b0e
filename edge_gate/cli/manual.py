"""`edge-gate manual`: the man page, from the very text of `--help`."""

import re
from collections.abc import Iterator
from typing import Any

import typer

from edge_gate import __version__, errors
from edge_gate.cli.app import application


def manual(context: typer.Context) -> None:
    """Print the man page: `edge-gate manual | man -l -`."""
    root = typer.main.get_command(application([]))
    typer.echo("\n".join(_page(root, context.find_root())))


# Some releases of typer bring a click of their own: what both give is asked for by its attributes.
def _page(root: Any, context: Any) -> Iterator[str]:
    yield f'.TH EDGE-GATE 1 "" "edge_gate {__version__}" "edge_gate"'
    yield ".SH NAME"
    yield f"edge-gate \\- {_text(root.help)}"
    yield ".SH SYNOPSIS"
    yield ".B edge-gate\n[\\fIOPTIONS\\fR] \\fICOMMAND\\fR [\\fIARGUMENTS\\fR]"
    yield ".SH OPTIONS"
    yield from _options(root, context)
    yield ".SH COMMANDS"
    for name, command in _commands(root, context, ""):
        arguments = [
            (each.name or "").upper() for each in command.params if each.param_type_name == "argument"
        ]
        heading = " ".join([_text(f"edge-gate {name}"), *arguments])
        yield f'.SS "{heading}"'
        for paragraph in (command.help or "").split("\n\n"):
            yield f".PP\n{_text(paragraph)}"
        yield from _options(command, context)
    yield ".SH EXIT STATUS"
    yield ".TP\n0\nDone.\n.TP\n2\nThe command was not understood."
    kinds = {kind.exit_code: kind for kind in errors.EdgeGateError.__subclasses__()}
    for code, kind in sorted(kinds.items()):
        yield f".TP\n{code}\n{_text((kind.__doc__ or '').splitlines()[0])} {_text(kind.remedy)}."


def _commands(group: Any, context: Any, before: str) -> Iterator[tuple[str, Any]]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if hasattr(command, "list_commands"):
            yield from _commands(command, context, f"{before}{name} ")
        elif not command.hidden:
            yield f"{before}{name}", command


def _options(command: Any, context: Any) -> Iterator[str]:
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record and parameter.param_type_name == "option":
            yield f".TP\n\\fB{_text(record[0])}\\fR\n{_text(record[1])}"


def _text(text: str) -> str:
    """One line as roff takes it for what it says."""
    plain = re.sub(r"\s+", " ", text).strip().replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{plain}" if plain[:1] in {".", "'"} else plain
