"""What every verb starts from: which configuration, and how to speak to a person or a script."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import msgspec
from msgspec import Struct

from edge_gate.config import INSTALLED, Settings, Tables, load
from edge_gate.errors import BrokenInstallation, EdgeGateError

CONFIG = INSTALLED
"""Where the installed service's configuration lies."""

if TYPE_CHECKING:
    import typer
    from rich.console import Console

    console: Console
    complaints: Console
    Json: TypeAlias = bool


class Site(Struct, frozen=True):
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
    """`console`, `complaints` and `Json`, made when first asked for: a daemon loads neither."""
    if name == "Json":
        import typer  # noqa: PLC0415 - see above

        return Annotated[bool, typer.Option("--json", help="One JSON object a line, for scripts.")]
    if name not in ("console", "complaints"):
        raise AttributeError(name)
    from rich.console import Console  # noqa: PLC0415 - see above

    globals()[name] = made = Console(stderr=name == "complaints", highlight=False)
    return made


def site(context: "typer.Context") -> Site:
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


def fails_in_words(act: Callable[[], None]) -> None:
    """Do it; a failure is one message and its kind's exit code."""
    try:
        act()
    except ImportError as error:
        sys.exit(complain(BrokenInstallation(f"{error.name or 'a library'} does not load: {error}")))
    except EdgeGateError as error:
        sys.exit(complain(error))


def say(line: str) -> None:
    """One line, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def warn(line: str) -> None:
    """One line that a script does not take for the answer."""
    sys.stderr.write(line + "\n")


def say_json(told: Mapping[str, object]) -> None:
    """One JSON object on a line of its own, at once."""
    say(msgspec.json.encode(told).decode())
