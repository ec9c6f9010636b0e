"""`run` and `replay`, put plainly: without the libraries that read and colour the words of other verbs.

Those take as long to load as the networks. What is not put plainly, such as `run --help`, is left to them.
"""

import gc
from collections.abc import Callable, Sequence
from getopt import GetoptError, getopt, gnu_getopt
from pathlib import Path

from edge_gate.cli import alone
from edge_gate.cli.site import Site, fails_in_words

REPLAY = ("pack=", "models=", "enrol=", "waive-liveness", "annotate=", "json")
"""What may be said to `replay` besides the clip; ``=`` asks for a value."""


def asked(words: Sequence[str]) -> Callable[[], None] | None:
    """What `edge-gate [--config FILE] [--state DIR] run | replay CLIP ...` is to do; None: other words."""
    try:
        first, rest = getopt(list(words), "", ["config=", "state="])
        verb, more = (rest[0], rest[1:]) if rest else ("", [])
        options, clips = gnu_getopt(more, "", REPLAY if verb == "replay" else ["json"])
    except GetoptError:
        return None
    if (verb, len(clips)) not in (("run", 0), ("replay", 1)):
        return None
    said = {name: Path(value) for name, value in first}
    site = Site(said.get("--config"), said.get("--state"))
    if verb == "run":
        return lambda: fails_in_words(lambda: _run(site, json=bool(options)))
    return lambda: fails_in_words(lambda: _replay(site, Path(clips[0]), options))


def _all_is_loaded() -> None:
    """It stays, and need not be looked through for garbage ever after either."""
    gc.freeze()
    gc.enable()


def _run(site: Site, *, json: bool) -> None:
    alone.numbers()
    from edge_gate.cli.keep import keep  # noqa: PLC0415 - only what is asked for is loaded

    _all_is_loaded()
    keep(site, json=json)


def _replay(site: Site, clip: Path, options: Sequence[tuple[str, str]]) -> None:
    alone.numbers()
    from edge_gate.cli.show import show  # noqa: PLC0415 - as above

    _all_is_loaded()
    said = dict(options)
    show(
        site,
        clip,
        pack=said.get("--pack"),
        models=Path(said["--models"]) if "--models" in said else None,
        enrol=[value for name, value in options if name == "--enrol"],
        waive_liveness="--waive-liveness" in said,
        annotate=Path(said["--annotate"]) if "--annotate" in said else None,
        json="--json" in said,
    )
