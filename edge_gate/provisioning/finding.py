"""What an examination finds: one line each, with what to do next."""

from enum import StrEnum

from msgspec import Struct

from edge_gate.errors import EdgeGateError


class Level(StrEnum):
    """How bad it is."""

    OK = "OK"
    WARN = "WARN"
    """The door works, and somebody should know."""
    FAIL = "FAIL"
    """The door does not work, or is not safe."""


class Finding(Struct, frozen=True):
    """One line of an examination.

    Attributes:
        about: what was looked at; stable, for scripts.
        level: how bad it is.
        what: what was found.
        next: what to do; empty where all is well.
    """

    about: str
    level: Level
    what: str
    next: str = ""


def ok(about: str, what: str) -> Finding:
    """All is well."""
    return Finding(about, Level.OK, what)


def warn(about: str, what: str, remedy: str) -> Finding:
    """The door works, and somebody should know."""
    return Finding(about, Level.WARN, what, remedy)


def fail(about: str, what: str, remedy: str) -> Finding:
    """The door does not work, or is not safe."""
    return Finding(about, Level.FAIL, what, remedy)


def failed(about: str, error: EdgeGateError) -> Finding:
    """What an error says, as a finding."""
    return Finding(about, Level.FAIL, error.what, error.next)
