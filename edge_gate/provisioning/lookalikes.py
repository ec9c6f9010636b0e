"""Enrolled people whom the door could take for each other: found, and asked for more than a face."""

from msgspec import Struct

from edge_gate.access.events import LookAlikesFound, SubjectsMerged
from edge_gate.config import Settings
from edge_gate.evaluation.budget import Answer, Demand
from edge_gate.evaluation.lookalikes import Alike
from edge_gate.face.comparison import Roster
from edge_gate.provisioning.ledger import ledger
from edge_gate.service import wiring
from edge_gate.service.policy import looks
from edge_gate.service.standard import Mode, audited, demanded
from edge_gate.store.gallery import EncryptedGallery


class Audit(Struct, frozen=True):
    """What a gallery comes to.

    Attributes:
        answer: what face alone can promise to so many people.
        pairs: everybody who could be taken for another, the most alike first.
        new: those of them who need more than a face only from now on.
    """

    answer: Answer
    pairs: tuple[Alike, ...]
    new: tuple[Alike, ...]


def audit(settings: Settings, everybody: Roster, about: str | None = None) -> Audit:
    """Find look-alikes at today's threshold, and ask them for more than a face from now on, journalled.

    Args:
        settings: of the door.
        everybody: its gallery.
        about: only pairs with this subject; None takes everybody.

    Raises:
        EdgeGateError: if something cannot be read or written.
    """
    answer = wiring.standard(settings).answer(demanded(everybody, Mode.SEARCH, looks(settings)))
    pairs = audited(everybody, answer, wiring.calibration(settings), about)
    rules = wiring.rulebook(settings)
    unknown = rules.unknown_alike(pair.names for pair in pairs)
    new = tuple(pair for pair in pairs if pair.names in unknown)
    if new:
        with ledger(settings) as book:
            for pair in new:
                book.note(LookAlikesFound(*pair.names, pair.score))
            rules.save_alike(unknown)
    return Audit(answer, pairs, new)


def expected(settings: Settings, everybody: Roster, people: int, photographs: int) -> Answer:
    """What face alone could promise if so many people were enrolled besides, with so many photographs."""
    now = demanded(everybody, Mode.SEARCH, looks(settings))
    more = Demand(now.people + people, now.comparisons + photographs, now.looks)
    return wiring.standard(settings).answer(more)


def merge(settings: Settings, gallery: EncryptedGallery, kept: str, other: str) -> int:
    """Make one person of two names; cut short, the command is given again and goes on.

    Returns:
        How many templates `kept` has now.

    Raises:
        GalleryError: if one of the two is not enrolled.
        EdgeGateError: if something cannot be written.
    """
    rules = wiring.rulebook(settings)
    with ledger(settings) as book:

        def record(templates: int) -> None:
            # The rules first: while the gallery's change is not committed, `other` still has a face to merge.
            book.note(SubjectsMerged(kept, other, templates))
            rules.merge(kept, other)

        return gallery.merge(kept, other, record)
