"""Everything worth a line in the journal. A class's name in snake case is its event's name there."""

from typing import ClassVar

from msgspec import Struct

from edge_gate.access.case import Case
from edge_gate.access.instant import Millis


class DoorEvent(Struct, frozen=True):
    """Something happened at the door.

    Subclasses add their own fields; `subject`, `reason` and `score` are the ones every reader knows.
    """

    name: ClassVar[str] = "event"

    def __init_subclass__(cls) -> None:
        cls.name = "".join("_" + each if each.isupper() else each for each in cls.__name__)[1:].lower()


class AccessGranted(DoorEvent, frozen=True):
    """A subject was let in; `score` and the rest are None where a card or PIN came last."""

    subject: str
    score: float | None = None
    lead: float | None = None
    live: float | None = None
    track: int | None = None
    frames: tuple[int, ...] = ()
    case: Case | None = None


class AccessDenied(DoorEvent, frozen=True):
    """Somebody was not let in.

    `subject` is whose card, PIN or recognised face it was; a near miss accuses nobody.
    """

    reason: str
    score: float | None = None
    track: int | None = None
    frames: tuple[int, ...] = ()
    subject: str | None = None
    case: Case | None = None


class AccessPending(DoorEvent, frozen=True):
    """A person has shown some of what is asked; `reason` names what is awaited."""

    subject: str
    reason: str
    case: Case | None = None


class PassedAgain(DoorEvent, frozen=True):
    """A person was let in who by soft anti-passback had passed that way already."""

    subject: str


class DuressRaised(DoorEvent, frozen=True):
    """A person used the card or PIN that means they are under threat. Nothing at the door shows it."""

    subject: str


class FaultBegan(DoorEvent, frozen=True):
    """Something broke; `reason` is the fault."""

    reason: str


class FaultEnded(DoorEvent, frozen=True):
    """It is whole again."""

    reason: str


class ClockJumped(DoorEvent, frozen=True):
    """The wall clock was moved against the door's own by so many milliseconds."""

    moved_ms: Millis


class AntiPassbackForgiven(DoorEvent, frozen=True):
    """An operator let anti-passback forget where a person is; None: where everybody is."""

    subject: str | None


class LivenessFailed(DoorEvent, frozen=True):
    """A face was judged a presentation attack."""

    score: float
    track: int
    frames: tuple[int, ...]
    reason: str = "not_live"
    case: Case | None = None


class QualityRejected(DoorEvent, frozen=True):
    """A face stayed too poor to compare; `reason` is the flaw, `advice` what to do."""

    reason: str
    advice: str
    track: int
    frames: tuple[int, ...]
    case: Case | None = None


class GrantExpired(DoorEvent, frozen=True):
    """A grant reached the door too late and was dropped."""

    subject: str
    reason: str = "stale"
    case: Case | None = None


class StrikeReleased(DoorEvent, frozen=True):
    """The strike was commanded to release; `reason` says by what."""

    reason: str


class StrikeSecured(DoorEvent, frozen=True):
    """The strike was commanded to hold."""


class DoorOpened(DoorEvent, frozen=True):
    """The leaf was opened as it should be."""


class DoorClosed(DoorEvent, frozen=True):
    """The leaf was closed."""


class DoorForced(DoorEvent, frozen=True):
    """The leaf was opened without leave."""


class DoorHeld(DoorEvent, frozen=True):
    """The leaf has stood open too long."""


class LockdownBegan(DoorEvent, frozen=True):
    """An operator locked the door down."""


class LockdownLifted(DoorEvent, frozen=True):
    """An operator ended a lockdown."""


class FireBegan(DoorEvent, frozen=True):
    """The fire input became active."""


class FireEnded(DoorEvent, frozen=True):
    """The fire input is at rest again."""


class FreeBegan(DoorEvent, frozen=True):
    """The door stands unlocked until told otherwise, or until open hours end."""


class CameraFault(DoorEvent, frozen=True):
    """The camera stopped delivering fresh pictures."""

    reason: str


class CameraRecovered(DoorEvent, frozen=True):
    """The camera delivers again."""


class ServiceStarted(DoorEvent, frozen=True):
    """The daemon has secured the strike and begun."""

    version: str
    pack: str


class ThresholdDerived(DoorEvent, frozen=True):
    """The score that names a subject was derived anew: the gallery or what is asked of it has changed.

    `reason` says from what: the budget, or an expert's own word, which promises nothing.
    """

    reason: str
    mode: str
    threshold: float
    people: int
    comparisons: int
    fpir: float
    fpir_bound: float
    fnir: float


class PromiseRefused(DoorEvent, frozen=True):
    """No threshold keeps the false-open budget: faces open nothing here; `advice` says what would do."""

    reason: str
    mode: str
    people: int
    comparisons: int
    advice: str


class LookAlikesFound(DoorEvent, frozen=True):
    """Two enrolled people could be taken for each other: each needs more than a face from now on."""

    subject: str
    other: str
    score: float


class ServiceStopped(DoorEvent, frozen=True):
    """The daemon has secured the strike and is leaving."""

    reason: str


class OperatorCommand(DoorEvent, frozen=True):
    """Somebody used the control socket; `subject` is the local user."""

    subject: str
    reason: str
    command: str


class DecisionMarked(DoorEvent, frozen=True):
    """Somebody who knows says of record `decision` that it was decided wrongly, or rightly after all."""

    subject: str
    reason: str
    decision: int
    wrong: bool


class JournalEvaluated(DoorEvent, frozen=True):
    """Somebody computed error rates from the journal, with the consent that the configuration states."""

    subject: str


class RulesChanged(DoorEvent, frozen=True):
    """Somebody changed the owner's rules; `subject` is the local user, never a credential."""

    subject: str
    change: str
    version: int


class SubjectEnrolled(DoorEvent, frozen=True):
    """A person was enrolled by a person."""

    subject: str
    templates: int


class SubjectRemoved(DoorEvent, frozen=True):
    """A person's templates were erased."""

    subject: str
    templates: int


class SubjectsMerged(DoorEvent, frozen=True):
    """A person said that `other` is `subject` under another name; so many templates were filed anew."""

    subject: str
    other: str
    templates: int


class GalleryRekeyed(DoorEvent, frozen=True):
    """Every template was encrypted under a new key."""

    templates: int


class SubjectErased(DoorEvent, frozen=True):
    """All that was kept of a person is gone but the journal's lines, which `retention` removes in time."""

    subject: str
    templates: int
    cards: int
    rules: bool


class SubjectExported(DoorEvent, frozen=True):
    """A person was given a copy of what is kept of them."""

    subject: str


class JournalPruned(DoorEvent, frozen=True):
    """Records up to number `through` were removed for their age; the chain goes on from `last_hash`."""

    through: int
    last_hash: str
    records: int
    days: int


class BackupMade(DoorEvent, frozen=True):
    """An encrypted copy of the site was made."""

    templates: int


class BackupRestored(DoorEvent, frozen=True):
    """The site was put back as a backup of that time has it."""

    made: str


class DoorCommissioned(DoorEvent, frozen=True):
    """Somebody took the door through its commissioning, and all passed; `report` is the report's sha256."""

    subject: str
    report: str


class ActBroken(DoorEvent, frozen=True):
    """The change written down just before met an error after that; the gallery tells whether it holds."""

    reason: str
    act: str


class RecordsDropped(DoorEvent, frozen=True):
    """The journal could not keep up, and lost the oldest denials."""

    dropped: int
