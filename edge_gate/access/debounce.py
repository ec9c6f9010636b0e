"""A bouncing contact becomes one clean level."""

from msgspec import Struct
from msgspec.structs import replace

from edge_gate.access.instant import Instant, Millis


class Line(Struct, frozen=True):
    """One input line.

    Attributes:
        level: the settled level; None before the first reading.
        raw: what was read last.
        since: when `raw` came to be read.
    """

    level: bool | None = None
    raw: bool | None = None
    since: Instant = 0


def settle(line: Line, raw: bool, now: Instant, steady_ms: Millis) -> Line:
    """The line after a reading: a new level counts once it has been read for `steady_ms` on end.

    The first reading counts at once, since a line at rest has nothing to bounce from.
    """
    if line.level is None:
        return Line(raw, raw, now)
    if raw is not line.raw:
        line = replace(line, raw=raw, since=now)
    return replace(line, level=raw) if raw is not line.level and now - line.since >= steady_ms else line
