"""Pictures whose label looks wrong: they spoil every figure, so a person should look at them."""

from typing import Literal

import numpy as np
from msgspec import Struct

from edge_gate.evaluation.samples import Samples


class Suspect(Struct, frozen=True):
    """Two pictures that look unlike what their names say.

    Attributes:
        kind: `one_person_two_names` or `two_people_one_name`.
        one: path inside the dataset.
        two: likewise.
        score: of the two, -1..1.
    """

    kind: Literal["one_person_two_names", "two_people_one_name"]
    one: str
    two: str
    score: float


def suspects(samples: Samples, most: int = 20) -> tuple[Suspect, ...]:
    """Up to `most` of each kind, the worst first.

    Two names are suspected of being one person above the median score of one person's pictures; one name
    of being two people below the median score of different people's.
    """
    rows = np.array([row for row in samples.bona_fide if not samples.reasons[row]], dtype=np.intp)
    above, beside = np.triu_indices(len(rows), 1)
    vectors, people = samples.vectors[rows], samples.people[rows]
    scores = (vectors @ vectors.T)[above, beside]
    same = people[above] == people[beside]
    if not same.any() or same.all():
        return ()
    alike = np.flatnonzero(~same & (scores >= np.median(scores[same])))
    unlike = np.flatnonzero(same & (scores <= np.median(scores[~same])))

    def told(kind: Literal["one_person_two_names", "two_people_one_name"], pair: int) -> Suspect:
        one, two = rows[above[pair]], rows[beside[pair]]
        return Suspect(kind, samples.images[one], samples.images[two], float(scores[pair]))

    return (
        *(told("one_person_two_names", pair) for pair in alike[np.argsort(-scores[alike])][:most].tolist()),
        *(told("two_people_one_name", pair) for pair in unlike[np.argsort(scores[unlike])][:most].tolist()),
    )
