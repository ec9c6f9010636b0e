"""What every verb starts from: which configuration, and how to speak to a person or a script."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from edge_gate.config import INSTALLED, Settings, Tables, load
from edge_gate.errors import EdgeGateError

CONFIG = INSTALLED
"""Where the installed service's configuration lies."""

if TYPE_CHECKING:
    from rich.console import Console

    console: Console
    complaints: Console

Json = Annotated[bool, typer.Option("--json", help="One JSON object a line, for scripts.")]


@dataclass(frozen=True, slots=True)
class Site:
    """The door a command is about.

    Attributes:
        config: the configuration file; None takes the installed one, or the defaults where there is none.
        state: instead of the configuration's state directory, with the control socket inside.
    """

    config: Path | None
    state: Path | None

    def settings(self, changes: Tables | None = None) -> Settings:
        """The configuration, with what this command changes.

        Raises:
            ConfigError: as `load`.
        """
        tables: Tables = {}
        if self.state:
            tables["store"] = {"state": str(self.state)}
            tables["control"] = {"socket": str(self.state / "control.sock")}
        for table, keys in (changes or {}).items():
            tables.setdefault(table, {}).update(keys)
        installed = CONFIG if CONFIG.exists() else None
        return load(self.config or installed, tables)


def __getattr__(name: str) -> Any:
    """`console` and `complaints`, made when first asked for: a daemon that says nothing loads no colours."""
    if name not in ("console", "complaints"):
        raise AttributeError(name)
    from rich.console import Console  # noqa: PLC0415 - see above

    globals()[name] = made = Console(stderr=name == "complaints", highlight=False)
    return made


def site(context: typer.Context) -> Site:
    """The site a verb was called for."""
    found = context.find_object(Site)
    if found is None:
        raise RuntimeError("the callback of the application has not run")
    return found


def complain(error: EdgeGateError) -> int:
    """Say what happened and what to do next; the exit code of that kind of failure."""
    from rich.markup import escape  # noqa: PLC0415 - as above

    said = __getattr__("complaints")
    said.print(f"[bold red]error:[/] {escape(error.what)}", soft_wrap=True)
    said.print(f"[bold]next:[/]  {escape(error.next)}", soft_wrap=True)
    return error.exit_code


def say_json(told: Mapping[str, object]) -> None:
    """One JSON object on a line of its own, at once."""
    sys.stdout.write(msgspec.json.encode(told).decode() + "\n")
    sys.stdout.flush()
