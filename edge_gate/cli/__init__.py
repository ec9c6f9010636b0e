"""The command line: one verb a file."""

import gc
import os
import sys

WATCHERS = ("run", "replay", "tune", "bench")
"""Verbs that watch a door."""


def main() -> None:
    """Run a verb. `secure` alone does not wait for what the others import: the strike may stand released."""
    watches = any(verb in sys.argv for verb in WATCHERS)
    if watches:
        # Before numpy is loaded. On a busy board, four threads make a product of 0.1 ms take 12.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # What is loaded stays: to look through it for garbage takes time for nothing.
    gc.disable()
    securing = "secure" in sys.argv
    if not securing:  # which is to depend on nothing that only saves time
        from edge_gate.cli import kept  # noqa: PLC0415 - what is imported from here on is found sooner

        kept.use(ahead=watches)
    from edge_gate.cli import alone  # noqa: PLC0415 - as above

    alone.values()
    if securing:
        _secure()
    from edge_gate.cli import at_once  # noqa: PLC0415 - as above

    act = at_once.asked(sys.argv[1:])
    if act:
        act()
        return
    gc.enable()
    from edge_gate.cli.app import main as other_verbs  # noqa: PLC0415 - as above

    other_verbs()


def _secure() -> None:
    """Secure the strike and leave, if that is what the words ask for."""
    from edge_gate.errors import EdgeGateError  # noqa: PLC0415 - as above
    from edge_gate.service import securing  # noqa: PLC0415 - as above

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
