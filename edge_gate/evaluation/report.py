"""A whole evaluation, as one value: what ``--json`` prints and the page shows."""

from msgspec import Struct

from edge_gate.evaluation.ablation import Arm
from edge_gate.evaluation.attacks import Attacks, attack
from edge_gate.evaluation.identification import Search, identify
from edge_gate.evaluation.pairs import Folds
from edge_gate.evaluation.samples import FailureToAcquire, Samples, failure_to_acquire
from edge_gate.evaluation.suspects import Suspect, suspects
from edge_gate.evaluation.trials import Evidence, every_pair
from edge_gate.evaluation.verification import Verification, verify


class Subject(Struct, frozen=True):
    """What was measured, and on what.

    Attributes:
        pack: name in the manifest.
        dataset: name of the folder, and a digest of the pictures, people and roles in it.
        pictures: how many.
        people: how many.
        seed: of everything drawn.
    """

    pack: str
    dataset: str
    pictures: int
    people: int
    seed: int


class Report(Struct, frozen=True):
    """Everything `edge-gate evaluate` finds out; None where it was not asked for or has no data."""

    subject: Subject
    failure_to_acquire: FailureToAcquire
    verification: Verification
    identification: tuple[Search, ...]
    presentation_attacks: Attacks | None
    suspects: tuple[Suspect, ...]
    pairs: Folds | None = None
    ablation: tuple[Arm, ...] | None = None


def evidence_of(samples: Samples) -> Evidence:
    """Every pair of usable pictures of real faces."""
    rows = samples.bona_fide
    return every_pair(samples.vectors[rows], samples.people[rows])


def measure(samples: Samples, subject: Subject, *, lead: float, least_live: float | None) -> Report:
    """Every figure that needs no more than the samples.

    Args:
        samples: of the dataset.
        subject: what they are of.
        lead: least lead over the next person that the door asks for.
        least_live: liveness score that passes; None where no model looks.

    Raises:
        ValueError: if there are too few people or pictures for an error rate.
    """
    verification = verify(evidence_of(samples), subject.seed)
    strict = next((each for each in verification.accepted if each.fmr == 1e-4), verification.accepted[0])
    return Report(
        subject,
        failure_to_acquire(samples),
        verification,
        identify(samples, subject.seed, lead),
        attack(samples, least_live, strict.threshold),
        suspects(samples),
    )
