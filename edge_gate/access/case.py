"""What a verdict was reached on: kept with it in the journal, it gives the same verdict for ever."""

from msgspec import Struct
from msgspec.structs import replace

from edge_gate.access.claim import Claim, Seen, Shown, Side
from edge_gate.access.consensus import ConsensusRules, decided
from edge_gate.access.memory import Memory
from edge_gate.access.rules import Rules
from edge_gate.access.sighting import Sighting
from edge_gate.access.verdict import Moment, Verdict, concerned, credential, decide


class Site(Struct, frozen=True):
    """What does not change while the door runs.

    Attributes:
        consensus: what a decision about a face needs.
        config: sha256 of the configuration.
        embedder: identity of the network behind every score.
    """

    consensus: ConsensusRules
    config: str = ""
    embedder: str = ""


class Case(Struct, frozen=True):
    """One claim, and everything that its verdict depends on. Holds no template and no credential.

    Attributes:
        claim: what was shown at a reader; None for a face.
        evidence: the sightings behind a face's decision, oldest first; empty for a reader.
        toward: the side a face was let through to.
        rules: at their version, with the people left out whom this is not about.
        memory: likewise.
        moment: when, and how the world stood.
        site: what the door ran with.
    """

    claim: Shown | None
    evidence: tuple[Sighting, ...]
    toward: Side
    rules: Rules
    memory: Memory
    moment: Moment
    site: Site


def filed(claim: Claim, rules: Rules, memory: Memory, moment: Moment, site: Site) -> Case:
    """The case that a claim makes, cut down to what matters; of a face, with the threshold it was held to."""
    if isinstance(claim, Seen):
        site = replace(site, consensus=replace(site.consensus, threshold=claim.decision.threshold))
    names = concerned(claim, memory)
    return Case(
        claim if isinstance(claim, Shown) else None,
        claim.decision.evidence if isinstance(claim, Seen) else (),
        claim.toward,
        rules.about(names),
        memory.about(names, credential(claim, memory)),
        moment,
        site,
    )


def reheard(recorded: Case) -> tuple[Claim, Verdict]:
    """Hear a case again, a face's decision included.

    Raises:
        ValueError: if the evidence decides nothing; no case that `filed` made is like that.
    """
    claim: Claim | None = recorded.claim
    if claim is None:
        decision = decided(recorded.evidence, recorded.site.consensus)
        if decision is None:
            raise ValueError("the evidence in this record decides nothing")
        claim = Seen(decision, recorded.toward)
    return claim, decide(claim, recorded.rules, recorded.memory, recorded.moment)[1]
