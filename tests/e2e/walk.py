"""A technician with nothing but docs/technician.md: types its commands as they stand there, and counts."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from machine import Board, do

PAGE = Path(__file__).parents[2] / "docs" / "technician.md"
SHELL = 'cd /root; cd edge-gate-*/ 2>/dev/null; sudo() { "$@"; }; '
"""Where the technician's shell stands; root on this board needs no sudo."""


def commands() -> list[str]:
    """The page's first block of commands, without its comments."""
    block = re.search(r"^## .* commands\n+((?:    .*\n)+)", PAGE.read_text(), re.MULTILINE)
    assert block, f"{PAGE} has no heading that ends in `commands` with the commands below"
    return [line.partition("  #")[0].strip() for line in block[1].splitlines()]


@dataclass
class Typed:
    """A command, how long it ran, and what it said."""

    command: str
    seconds: float
    said: str


class Walk:
    """Commands in the order of the page; each is typed once.

    Args:
        board: a clean one, with the stick at /media/stick.
    """

    def __init__(self, board: Board) -> None:
        self._board = board
        self._left = commands()
        self.typed: list[Typed] = []

    def type(self, about: str, keys: str = "", does: Mapping[str, Callable[[], None]] | None = None) -> str:
        """The next command of the page; what it says.

        Args:
            about: is in the command: the test knows which it expects.
            keys: what the technician types while it runs; a line is an answer.
            does: words that the command may say, and what the technician then does.
        """
        command = self._left.pop(0)
        assert about in command, f"the page says `{command}` where this test expects {about}"
        typed, and_, restarts = command.partition(" && sudo reboot")
        assert not restarts, f"`{command}` goes on after a restart"
        do(self._board, f"cat >/run/typed.sh <<'TYPED'\n{SHELL}{typed}\nTYPED")
        do(self._board, f"cat >/run/keys <<'KEYS'\n{keys}\nKEYS")
        took = "from=${EPOCHREALTIME/./}; bash /run/typed.sh </run/keys >/run/said 2>&1; code=$?"
        took += "; echo $code $((${EPOCHREALTIME/./} - from)) >/run/took"
        do(self._board, f"rm -f /run/took; ({took}) >/dev/null 2>&1 &")
        waiting = dict(does or {})
        while self._board.run("for _ in {1..20}; do [ -e /run/took ] && exit; sleep .1; done; exit 1").status:
            said = do(self._board, "cat /run/said")
            for words in [words for words in waiting if words in said]:
                waiting.pop(words)()
        said = do(self._board, "cat /run/said")
        code, microseconds = do(self._board, "cat /run/took").split()
        assert code == "0", f"`{command}` left {code}:\n{said}"
        seconds = int(microseconds) / 1e6
        if and_:
            self._board.restart()
            seconds += float(do(self._board, "cut -d' ' -f1 /proc/uptime"))
        self.typed.append(Typed(command, seconds, said))
        return said

    def finished(self) -> list[str]:
        """What there is to tell, once every command was typed."""
        assert not self._left, f"never typed: {self._left}"
        minutes = sum(each.seconds for each in self.typed) / 60
        return [
            f"from the page alone: {len(self.typed)} commands, {minutes:.1f} minutes",
            *(f"  {each.seconds:6.1f} s  {each.command}" for each in self.typed),
        ]
