"""Many sightings of one face become one decision."""

from collections.abc import Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from edge_gate.access.decision import Decision, Denied, Granted, Reason
from edge_gate.access.instant import Instant, Millis
from edge_gate.access.sighting import Sighting


class ConsensusRules(Struct, frozen=True):
    """What a decision needs.

    Attributes:
        threshold: least score that names a subject, -1..1; derived from the false-open budget.
        lead: least lead over the next subject, 0..2.
        live: least liveness score, 0..1; None waives the check.
        agreeing: sightings that must agree, at least 1.
        window_ms: they all lie within this time; older ones are forgotten.
        flawed_ms: a face that stays flawed this long is told so.
        repeat_ms: a track is not granted, or denied for the same reason, again within this time.
    """

    threshold: float
    lead: float = 0.05
    live: float | None = 0.5
    agreeing: int = 3
    window_ms: Millis = 1500
    flawed_ms: Millis = 1000
    repeat_ms: Millis = 10_000


class Track(Struct, frozen=True):
    """What is remembered of one face: its sightings in the window and what it was last told."""

    sightings: tuple[Sighting, ...] = ()
    granted: Instant | None = None
    denied: Mapping[Reason, Instant] = field(default_factory=dict)


def objection(sighting: Sighting, rules: ConsensusRules) -> Reason | None:
    """What speaks against letting this face in, the gravest first; None where nothing does."""
    if sighting.flaws:
        return Reason.FLAWED
    # `not >=` rather than `<`: a score that is not a number objects too.
    if rules.live is not None and not (sighting.live is not None and sighting.live >= rules.live):
        return Reason.NOT_LIVE
    if sighting.subject is None or not sighting.score >= rules.threshold:
        return Reason.UNKNOWN
    if not sighting.lead >= rules.lead:
        return Reason.AMBIGUOUS
    return None


def consider(track: Track, sighting: Sighting, rules: ConsensusRules) -> tuple[Track, Decision | None]:
    """Add one sighting to its track and decide, if there is now enough to decide on.

    A grant needs `agreeing` sightings of one subject in the window and nothing there to the contrary:
    neither another subject nor a failed liveness check. A denial needs as many sightings that share
    an objection; a flawed face must stay so for `flawed_ms`, since most come nearer and turn round.
    """
    recent = (*_since(track.sightings, sighting.seen - rules.window_ms), sighting)
    track = replace(track, sightings=recent)
    decision = decided(recent, rules)
    match decision:
        case Granted() if _lately(track.granted, sighting.seen, rules):
            return track, None
        case Granted():
            return replace(track, granted=sighting.seen), decision
        case Denied(reason=reason):
            # Whoever was just let in is not then told off for turning round to leave.
            if _lately(track.granted, sighting.seen, rules):
                return track, None
            if _lately(track.denied.get(reason), sighting.seen, rules):
                return track, None
            return replace(track, denied={**track.denied, reason: sighting.seen}), decision
    return track, None


def decided(recent: tuple[Sighting, ...], rules: ConsensusRules) -> Decision | None:
    """What these sightings of one track decide; a decision's own evidence decides the same again."""
    return (_grant(recent, rules) or _denial(recent, rules)) if recent else None


def _grant(recent: tuple[Sighting, ...], rules: ConsensusRules) -> Granted | None:
    newest = recent[-1]
    if objection(newest, rules):
        return None
    agreeing = []
    for sighting in recent:
        match objection(sighting, rules):
            case None if sighting.subject == newest.subject:
                agreeing.append(sighting)
            case None | Reason.NOT_LIVE:
                return None
    if len(agreeing) < rules.agreeing or newest.subject is None:
        return None
    return Granted(newest.subject, newest.seen, tuple(agreeing), rules.threshold)


def _denial(recent: tuple[Sighting, ...], rules: ConsensusRules) -> Denied | None:
    newest = recent[-1]
    reason = objection(newest, rules)
    if reason is None:
        return None
    alike = tuple(sighting for sighting in recent if objection(sighting, rules) == reason)
    if len(alike) < rules.agreeing:
        return None
    if reason is Reason.FLAWED and (
        len(alike) < len(recent) or newest.seen - alike[0].seen < rules.flawed_ms
    ):
        return None
    return Denied(reason, newest.seen, alike, rules.threshold)


def _since(sightings: tuple[Sighting, ...], instant: Instant) -> tuple[Sighting, ...]:
    return tuple(sighting for sighting in sightings if sighting.seen >= instant)


def _lately(told: Instant | None, now: Instant, rules: ConsensusRules) -> bool:
    return told is not None and now - told < rules.repeat_ms
