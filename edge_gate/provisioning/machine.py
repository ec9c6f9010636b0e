"""The computer under examination: a test examines one with a fault."""

import os
import subprocess
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct

PATIENCE_S = 30
"""How long one of the computer's programs may take."""


class Ran(NamedTuple):
    """What a program left behind: 127 and nothing where there is no such program."""

    code: int
    out: str


def ran(words: Sequence[str]) -> Ran:
    """Run one of the computer's own programs."""
    try:
        done = subprocess.run(  # noqa: S603 - our own words, no shell
            words,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
    except FileNotFoundError:
        return Ran(127, "")
    except (OSError, subprocess.TimeoutExpired) as error:
        return Ran(126, str(error))
    return Ran(done.returncode, done.stdout)


def utc() -> datetime:
    """What the wall clock says."""
    return datetime.now(UTC)


def free_bytes(path: Path) -> int:
    """Room left for an ordinary user on the disk that `path` lies on.

    Raises:
        OSError: if it cannot be asked.
    """
    disk = os.statvfs(path)
    return disk.f_bavail * disk.f_frsize


class Machine(Struct, frozen=True):
    """What an examination asks of the computer itself.

    Attributes:
        run: runs one of its programs.
        root: where its files lie.
        free: room left where a path lies, bytes.
        utc: what the wall clock says.
    """

    run: Callable[[Sequence[str]], Ran] = ran
    root: Path = Path("/")
    free: Callable[[Path], int] = free_bytes
    utc: Callable[[], datetime] = utc

    def text(self, path: str) -> str:
        """A small file of the system, without blanks and zero bytes around it; empty where it is not."""
        try:
            return (self.root / path).read_text(errors="replace").strip(" \0\n")
        except OSError:
            return ""

    @property
    def raspberry_pi(self) -> bool:
        """Whether it is one."""
        return self.text("proc/device-tree/model").startswith("Raspberry Pi")
