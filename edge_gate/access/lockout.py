"""Too many wrong tries shut a credential, or the readers, for a while; never for good."""

from msgspec import Struct

from edge_gate.access.instant import Instant, Millis


class Tally(Struct, frozen=True):
    """Wrong tries of late.

    Attributes:
        tries: when they were, oldest first; empty while locked.
        locked_until: no try is heard before this instant.
    """

    tries: tuple[Instant, ...] = ()
    locked_until: Instant | None = None


def locked(tally: Tally, now: Instant) -> bool:
    """Whether tries are refused unheard."""
    return tally.locked_until is not None and now < tally.locked_until


def counted(tally: Tally, now: Instant, allowed: int, window_ms: Millis, locked_ms: Millis) -> Tally:
    """The tally after one more wrong try; the `allowed`-th within `window_ms` locks for `locked_ms`.

    A try while locked is not counted, so that nobody can keep a credential locked by trying on.
    """
    if locked(tally, now):
        return tally
    tries = (*(tried for tried in tally.tries if now - tried < window_ms), now)
    return Tally((), now + locked_ms) if len(tries) >= allowed else Tally(tries)


def spent(tally: Tally, now: Instant, window_ms: Millis) -> bool:
    """Whether the tally no longer means anything and can be forgotten."""
    return not locked(tally, now) and all(now - tried >= window_ms for tried in tally.tries)
