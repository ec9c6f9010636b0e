"""What the door remembers of the people at it, from one claim to the next."""

from collections.abc import Collection, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from edge_gate.access.claim import Side
from edge_gate.access.instant import Instant
from edge_gate.access.lockout import Tally, spent
from edge_gate.access.passback import Passage
from edge_gate.access.rules import Policy
from edge_gate.access.verification import Factor

DOOR = "door"
"""The name under which wrong tries of every credential together are counted."""


class Holding(Struct, frozen=True):
    """Somebody has shown some, not yet all, of what is asked."""

    name: str
    factors: tuple[Factor, ...]
    toward: Side
    since: Instant


class Memory(Struct, frozen=True):
    """All of it.

    Attributes:
        holding: who is halfway through a verification; one at a time.
        waiting: the first of two people, verified.
        passing: who has been let in and has not been seen to open the door yet.
        whereabouts: the last passage of each person; whoever is not in it may be on either side.
        tallies: wrong tries by credential, and of the whole door under `DOOR`.
    """

    holding: Holding | None = None
    waiting: Passage | None = None
    passing: tuple[Passage, ...] = ()
    whereabouts: Mapping[str, Passage] = field(default_factory=dict)
    tallies: Mapping[str, Tally] = field(default_factory=dict)

    def about(self, names: Collection[str], credential: str | None) -> "Memory":
        """The same memory, without what a verdict on these people and this credential cannot depend on."""
        return replace(
            self,
            whereabouts={name: self.whereabouts[name] for name in names if name in self.whereabouts},
            tallies={key: tally for key, tally in self.tallies.items() if key in (credential, DOOR)},
        )


def remembered(memory: Memory, now: Instant, policy: Policy) -> Memory:
    """What is left of it now: patience and tallies run out."""
    holding, waiting = memory.holding, memory.waiting
    return replace(
        memory,
        holding=holding if holding and now - holding.since < policy.patience_ms else None,
        waiting=waiting if waiting and now - waiting.at < policy.patience_ms else None,
        tallies={
            key: tally
            for key, tally in memory.tallies.items()
            if not spent(tally, now, policy.lockout.window_ms)
        },
    )


def opened(memory: Memory, now: Instant) -> Memory:
    """The door was opened: whoever had been let in has passed."""
    passed = {passage.name: replace(passage, at=now) for passage in memory.passing}
    return replace(memory, passing=(), whereabouts={**memory.whereabouts, **passed})


def left_shut(memory: Memory) -> Memory:
    """The strike was secured and the door not opened: nobody passed."""
    return replace(memory, passing=())


def forgiven(memory: Memory, name: str | None) -> Memory:
    """Anti-passback forgets where that person is, or where everybody is."""
    kept = {} if name is None else {who: at for who, at in memory.whereabouts.items() if who != name}
    return replace(memory, whereabouts=kept)
