"""The command line: one verb a file."""

import gc
import sys
from contextlib import suppress
from typing import Any

from edge_gate.errors import EdgeGateError


def main() -> None:
    """Run a verb. `secure` alone does not wait for what the others import: the strike may stand released."""
    # What is loaded stays: to look through it for garbage takes time for nothing.
    gc.disable()
    _values_alone()
    if "secure" in sys.argv:
        _secure()
    from edge_gate.cli import at_once  # noqa: PLC0415 - see above

    act = at_once.asked(sys.argv[1:])
    if act:
        act()
        return
    gc.enable()
    from edge_gate.cli.app import main as other_verbs  # noqa: PLC0415 - see above

    other_verbs()


def _values_alone() -> None:
    """Load msgspec as where typing_extensions, which it can do without, is not installed.

    It loads `inspect`, and with it Python's tokenizer: a fourteenth of a start.
    """
    modules: dict[str, Any] = sys.modules
    if "typing_extensions" in modules:
        return
    modules["typing_extensions"] = None  # to Python, one that is not there
    # Should msgspec need it one day, whoever asks for msgspec next gets both.
    with suppress(ImportError):
        import msgspec  # noqa: F401, PLC0415 - see above
    del modules["typing_extensions"]


def _secure() -> None:
    """Secure the strike and leave, if that is what the words ask for."""
    from edge_gate.service import securing  # noqa: PLC0415 - see above

    try:
        settings = securing.asked(sys.argv[1:])
        if settings is None:
            return
        securing.secure(settings)
    except EdgeGateError as error:
        sys.stderr.write(f"error: {error.what}\nnext:  {error.next}\n")
        sys.exit(error.exit_code)
    sys.stdout.write("the strike is secured\n")
    sys.exit(0)


__all__ = ["main"]
