"""`run` and `replay`, put plainly: without the libraries that read and colour the words of other verbs.

Those take as long to load as the networks. What is not put plainly, such as `run --help`, is left to them.
"""

import gc
from argparse import ArgumentError, ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from edge_gate.cli.site import Site, fails_in_words, one_thread


class _Plain(ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ArgumentError(None, message)


def asked(words: Sequence[str]) -> Callable[[], None] | None:
    """What `edge-gate [--config FILE] [--state DIR] run | replay CLIP ...` is to do; None: other words."""
    parser = _Plain(add_help=False, allow_abbrev=False)
    parser.add_argument("--config", type=Path)
    parser.add_argument("--state", type=Path)
    # With a name of its own it does not ask how wide the terminal is, for a usage that nobody will see.
    verbs = parser.add_subparsers(required=True, prog="edge-gate")
    run = verbs.add_parser("run", add_help=False, allow_abbrev=False)
    run.set_defaults(act=_run)
    replay = verbs.add_parser("replay", add_help=False, allow_abbrev=False)
    replay.set_defaults(act=_replay)
    replay.add_argument("clip", type=Path)
    replay.add_argument("--pack")
    replay.add_argument("--models", type=Path)
    replay.add_argument("--enrol", action="append", default=[])
    replay.add_argument("--waive-liveness", action="store_true")
    replay.add_argument("--annotate", type=Path)
    for verb in (run, replay):
        verb.add_argument("--json", action="store_true")
    try:
        said = vars(parser.parse_args(words))
    except ArgumentError:
        return None
    act, site = said.pop("act"), Site(said.pop("config"), said.pop("state"))
    one_thread()
    return lambda: fails_in_words(lambda: act(site, **said))


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """What is loaded stays: to look through it for garbage, then and ever after, takes time for nothing."""
    gc.disable()
    yield
    gc.freeze()
    gc.enable()


def _run(site: Site, *, json: bool) -> None:
    with _nothing_collected():
        from edge_gate.cli.keep import keep  # noqa: PLC0415 - only what is asked for is loaded

    keep(site, json=json)


def _replay(site: Site, clip: Path, **more: Any) -> None:
    with _nothing_collected():
        from edge_gate.cli.show import show  # noqa: PLC0415 - as above

    show(site, clip, **more)
