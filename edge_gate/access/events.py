"""Everything worth a line in the journal. A class's name in snake case is its event's name there."""

from typing import ClassVar

from edge_gate.access.case import Case
from edge_gate.access.instant import Millis
from edge_gate.access.value import dataclass


@dataclass(frozen=True, slots=True)
class DoorEvent:
    """Something happened at the door.

    Subclasses add their own fields; `subject`, `reason` and `score` are the ones every reader knows.
    """

    name: ClassVar[str] = "event"

    def __init_subclass__(cls) -> None:
        cls.name = "".join("_" + each if each.isupper() else each for each in cls.__name__)[1:].lower()


@dataclass(frozen=True, slots=True)
class AccessGranted(DoorEvent):
    """A subject was let in; `score` and the rest are None where a card or PIN came last."""

    subject: str
    score: float | None = None
    lead: float | None = None
    live: float | None = None
    track: int | None = None
    frames: tuple[int, ...] = ()
    case: Case | None = None


@dataclass(frozen=True, slots=True)
class AccessDenied(DoorEvent):
    """Somebody was not let in.

    `subject` is whose card, PIN or recognised face it was; a near miss accuses nobody.
    """

    reason: str
    score: float | None = None
    track: int | None = None
    frames: tuple[int, ...] = ()
    subject: str | None = None
    case: Case | None = None


@dataclass(frozen=True, slots=True)
class AccessPending(DoorEvent):
    """A person has shown some of what is asked; `reason` names what is awaited."""

    subject: str
    reason: str
    case: Case | None = None


@dataclass(frozen=True, slots=True)
class PassedAgain(DoorEvent):
    """A person was let in who by soft anti-passback had passed that way already."""

    subject: str


@dataclass(frozen=True, slots=True)
class DuressRaised(DoorEvent):
    """A person used the card or PIN that means they are under threat. Nothing at the door shows it."""

    subject: str


@dataclass(frozen=True, slots=True)
class FaultBegan(DoorEvent):
    """Something broke; `reason` is the fault."""

    reason: str


@dataclass(frozen=True, slots=True)
class FaultEnded(DoorEvent):
    """It is whole again."""

    reason: str


@dataclass(frozen=True, slots=True)
class ClockJumped(DoorEvent):
    """The wall clock was moved against the door's own by so many milliseconds."""

    moved_ms: Millis


@dataclass(frozen=True, slots=True)
class AntiPassbackForgiven(DoorEvent):
    """An operator let anti-passback forget where a person is; None: where everybody is."""

    subject: str | None


@dataclass(frozen=True, slots=True)
class LivenessFailed(DoorEvent):
    """A face was judged a presentation attack."""

    score: float
    track: int
    frames: tuple[int, ...]
    reason: str = "not_live"
    case: Case | None = None


@dataclass(frozen=True, slots=True)
class QualityRejected(DoorEvent):
    """A face stayed too poor to compare; `reason` is the flaw, `advice` what to do."""

    reason: str
    advice: str
    track: int
    frames: tuple[int, ...]
    case: Case | None = None


@dataclass(frozen=True, slots=True)
class GrantExpired(DoorEvent):
    """A grant reached the door too late and was dropped."""

    subject: str
    reason: str = "stale"
    case: Case | None = None


@dataclass(frozen=True, slots=True)
class StrikeReleased(DoorEvent):
    """The strike was commanded to release; `reason` says by what."""

    reason: str


@dataclass(frozen=True, slots=True)
class StrikeSecured(DoorEvent):
    """The strike was commanded to hold."""


@dataclass(frozen=True, slots=True)
class DoorOpened(DoorEvent):
    """The leaf was opened as it should be."""


@dataclass(frozen=True, slots=True)
class DoorClosed(DoorEvent):
    """The leaf was closed."""


@dataclass(frozen=True, slots=True)
class DoorForced(DoorEvent):
    """The leaf was opened without leave."""


@dataclass(frozen=True, slots=True)
class DoorHeld(DoorEvent):
    """The leaf has stood open too long."""


@dataclass(frozen=True, slots=True)
class LockdownBegan(DoorEvent):
    """An operator locked the door down."""


@dataclass(frozen=True, slots=True)
class LockdownLifted(DoorEvent):
    """An operator ended a lockdown."""


@dataclass(frozen=True, slots=True)
class FireBegan(DoorEvent):
    """The fire input became active."""


@dataclass(frozen=True, slots=True)
class FireEnded(DoorEvent):
    """The fire input is at rest again."""


@dataclass(frozen=True, slots=True)
class FreeBegan(DoorEvent):
    """The door stands unlocked until told otherwise, or until open hours end."""


@dataclass(frozen=True, slots=True)
class CameraFault(DoorEvent):
    """The camera stopped delivering fresh pictures."""

    reason: str


@dataclass(frozen=True, slots=True)
class CameraRecovered(DoorEvent):
    """The camera delivers again."""


@dataclass(frozen=True, slots=True)
class ServiceStarted(DoorEvent):
    """The daemon has secured the strike and begun."""

    version: str
    pack: str


@dataclass(frozen=True, slots=True)
class ThresholdDerived(DoorEvent):
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


@dataclass(frozen=True, slots=True)
class PromiseRefused(DoorEvent):
    """No threshold keeps the false-open budget: faces open nothing here; `advice` says what would do."""

    reason: str
    mode: str
    people: int
    comparisons: int
    advice: str


@dataclass(frozen=True, slots=True)
class LookAlikesFound(DoorEvent):
    """Two enrolled people could be taken for each other: each needs more than a face from now on."""

    subject: str
    other: str
    score: float


@dataclass(frozen=True, slots=True)
class ServiceStopped(DoorEvent):
    """The daemon has secured the strike and is leaving."""

    reason: str


@dataclass(frozen=True, slots=True)
class OperatorCommand(DoorEvent):
    """Somebody used the control socket; `subject` is the local user."""

    subject: str
    reason: str
    command: str


@dataclass(frozen=True, slots=True)
class DecisionMarked(DoorEvent):
    """Somebody who knows says of record `decision` that it was decided wrongly, or rightly after all."""

    subject: str
    reason: str
    decision: int
    wrong: bool


@dataclass(frozen=True, slots=True)
class JournalEvaluated(DoorEvent):
    """Somebody computed error rates from the journal, with the consent that the configuration states."""

    subject: str


@dataclass(frozen=True, slots=True)
class RulesChanged(DoorEvent):
    """Somebody changed the owner's rules; `subject` is the local user, never a credential."""

    subject: str
    change: str
    version: int


@dataclass(frozen=True, slots=True)
class SubjectEnrolled(DoorEvent):
    """A person was enrolled by a person."""

    subject: str
    templates: int


@dataclass(frozen=True, slots=True)
class SubjectRemoved(DoorEvent):
    """A person's templates were erased."""

    subject: str
    templates: int


@dataclass(frozen=True, slots=True)
class SubjectsMerged(DoorEvent):
    """A person said that `other` is `subject` under another name; so many templates were filed anew."""

    subject: str
    other: str
    templates: int


@dataclass(frozen=True, slots=True)
class GalleryRekeyed(DoorEvent):
    """Every template was encrypted under a new key."""

    templates: int


@dataclass(frozen=True, slots=True)
class SubjectErased(DoorEvent):
    """All that was kept of a person is gone but the journal's lines, which `retention` removes in time."""

    subject: str
    templates: int
    cards: int
    rules: bool


@dataclass(frozen=True, slots=True)
class SubjectExported(DoorEvent):
    """A person was given a copy of what is kept of them."""

    subject: str


@dataclass(frozen=True, slots=True)
class JournalPruned(DoorEvent):
    """Records up to number `through` were removed for their age; the chain goes on from `last_hash`."""

    through: int
    last_hash: str
    records: int
    days: int


@dataclass(frozen=True, slots=True)
class BackupMade(DoorEvent):
    """An encrypted copy of the site was made."""

    templates: int


@dataclass(frozen=True, slots=True)
class BackupRestored(DoorEvent):
    """The site was put back as a backup of that time has it."""

    made: str


@dataclass(frozen=True, slots=True)
class DoorCommissioned(DoorEvent):
    """Somebody took the door through its commissioning, and all passed; `report` is the report's sha256."""

    subject: str
    report: str


@dataclass(frozen=True, slots=True)
class ActBroken(DoorEvent):
    """The change written down just before met an error after that; the gallery tells whether it holds."""

    reason: str
    act: str


@dataclass(frozen=True, slots=True)
class RecordsDropped(DoorEvent):
    """The journal could not keep up, and lost the oldest denials."""

    dropped: int
