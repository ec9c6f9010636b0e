"""Presentation attacks: how many pass for live, how many open the door, how many real faces are suspected.

ISO/IEC 30107-3: APCER and IAPAR by species of attack, never pooled; BPCER over bona fide presentations.
"""

import numpy as np
from msgspec import Struct

from edge_gate.evaluation.intervals import Rate, rate
from edge_gate.evaluation.samples import Samples


class Species(Struct, frozen=True):
    """One kind of attack.

    Attributes:
        apcer: share taken for live; None where no liveness model looked.
        iapar: share taken for live *and* for the person impersonated, so that the door would open.
    """

    apcer: Rate | None
    iapar: Rate


class Attacks(Struct, frozen=True):
    """Presentation attack figures of an experiment.

    Attributes:
        species: by name.
        bpcer: share of acquired bona fide pictures taken for attacks; None without a liveness model.
    """

    species: dict[str, Species]
    bpcer: Rate | None


def attack(samples: Samples, least_live: float | None, threshold: float) -> Attacks | None:
    """Measure attacks, and real faces suspected; None where there are no attacks and no liveness model.

    Args:
        samples: attacks among them name whom they impersonate.
        least_live: liveness score that passes; None where no model looks.
        threshold: score that matches.
    """
    rows = samples.of("attack")
    if not len(rows) and least_live is None:
        return None
    passes = np.ones(len(samples.images), np.bool_) if least_live is None else samples.live >= least_live
    templates = {int(samples.people[row]): int(row) for row in reversed(samples.of("enrol"))}
    opens = np.zeros(len(samples.images), np.bool_)
    for row in rows:
        target = templates.get(int(samples.people[row]))
        score = -1.0 if target is None else float(samples.vectors[row] @ samples.vectors[target])
        opens[row] = passes[row] and score >= threshold
    species = {}
    for name in sorted({samples.species[row] for row in rows}):
        these = [row for row in rows if samples.species[row] == name]
        looked = [row for row in these if np.isfinite(samples.live[row])]
        species[name] = Species(
            None if least_live is None else rate(int(passes[looked].sum()), len(looked)),
            rate(int(opens[these].sum()), len(these)),
        )
    real = [row for row in samples.bona_fide if np.isfinite(samples.live[row])]
    suspected = None if least_live is None else rate(int((~passes[real]).sum()), len(real))
    return Attacks(species, suspected)
