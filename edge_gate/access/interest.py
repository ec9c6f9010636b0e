"""Is another sighting of a track still of use?"""

from edge_gate.access.consensus import ConsensusRules, Track, objection
from edge_gate.access.decision import Reason
from edge_gate.access.instant import Instant, Millis

AGAIN: Millis = 400
"""A face that was denied is looked at again after this: it may turn, or come nearer."""


def wanted(track: Track, now: Instant, rules: ConsensusRules) -> bool:
    """Whether a sighting now could bring a decision that `consider` would tell.

    While undecided every frame counts; and again as soon as anything in the window speaks for the person, or
    a failed liveness check against: passing must not become easier for what is not looked at.

    Args:
        track: what is remembered of the face.
        now: when the frame was captured.
        rules: as for `consider`.
    """
    if track.granted is not None and now - track.granted < rules.repeat_ms:
        # Nothing is told again so soon; but the window must be full when the time is over.
        return now - track.granted >= rules.repeat_ms - rules.window_ms
    told = any(
        reason in (Reason.UNKNOWN, Reason.AMBIGUOUS) and now - at < rules.repeat_ms
        for reason, at in track.denied.items()
    )
    recent = [each for each in track.sightings if each.seen >= now - rules.window_ms]
    if not told or any(objection(each, rules) in (None, Reason.NOT_LIVE) for each in recent):
        return True
    return not recent or now - recent[-1].seen >= AGAIN
