"""When another sighting of a face is of use, and when it is not."""

import pytest

from edge_gate.access.consensus import ConsensusRules, Track, consider
from edge_gate.access.interest import AGAIN, wanted
from edge_gate.access.sighting import Flaw, Sighting

RULES = ConsensusRules(threshold=0.5, live=0.7)
FRAME = 66


def ada(seen: int, *, score: float = 0.8, live: float = 0.9) -> Sighting:
    return Sighting(0, seen // FRAME, seen, "ada", score, 0.3, live=live)


def stranger(seen: int) -> Sighting:
    return ada(seen, score=0.1)


def after(*sightings: Sighting) -> Track:
    track = Track()
    for sighting in sightings:
        track, _ = consider(track, sighting, RULES)
    return track


def test_a_new_face_is_wanted_in_every_frame_until_decided() -> None:
    assert wanted(Track(), 0, RULES)
    assert wanted(after(ada(0), ada(66)), 132, RULES)
    assert not wanted(after(ada(0), ada(66), ada(132)), 198, RULES)


def test_a_granted_face_is_wanted_again_when_a_window_is_left_before_it_may_be_granted_again() -> None:
    granted = after(ada(0), ada(66), ada(132))
    again = 132 + RULES.repeat_ms - RULES.window_ms
    assert not wanted(granted, again - 1, RULES)
    assert wanted(granted, again, RULES)


def test_a_denied_face_is_compared_again_now_and_then() -> None:
    denied = after(stranger(0), stranger(66), stranger(132))
    assert not wanted(denied, 132 + AGAIN - 1, RULES)
    assert wanted(denied, 132 + AGAIN, RULES)


def test_a_denied_face_that_once_passes_is_looked_at_in_every_frame() -> None:
    turned = after(stranger(0), stranger(66), stranger(132), ada(400))
    assert wanted(turned, 466, RULES)


def test_a_face_that_failed_the_liveness_check_never_gets_by_unwatched() -> None:
    """Skipping frames would make it easier for a print to show a clean window."""
    fake = after(*map(stranger, (0, 66, 132)), ada(198, live=0.1))
    assert all(wanted(fake, now, RULES) for now in range(264, 198 + RULES.window_ms, FRAME))


def test_a_face_told_to_come_closer_is_compared_as_soon_as_it_is_near() -> None:
    far = after(*(Sighting(0, n, n * FRAME, flaws=(Flaw.TOO_FAR,)) for n in range(20)))
    assert far.denied
    assert wanted(far, 20 * FRAME, RULES)


def test_it_does_not_matter_how_long_the_computer_has_been_on() -> None:
    boot = 5_000_000
    assert not wanted(after(ada(boot), ada(boot + 66), ada(boot + 132)), boot + 198, RULES)
    assert not wanted(after(*(stranger(boot + late) for late in (0, 66, 132))), boot + 198, RULES)


def test_a_denied_face_is_looked_at_in_every_frame_once_it_may_be_told_again() -> None:
    again = 132 + RULES.repeat_ms
    stays = after(stranger(0), stranger(66), stranger(132), stranger(again - 100))
    assert not wanted(stays, again - 1, RULES)
    assert wanted(stays, again, RULES)


def test_a_look_that_passed_counts_to_the_end_of_the_window() -> None:
    end = 400 + RULES.window_ms
    passed = after(stranger(0), stranger(66), stranger(132), ada(400), stranger(end - 100))
    assert wanted(passed, end, RULES)
    assert not wanted(passed, end + 1, RULES)


@pytest.mark.parametrize("every", [1, 2, 5])
def test_nothing_is_told_that_a_look_at_every_frame_would_not_tell(every: int) -> None:
    """A stranger who stays, then ada: the same is told, no more than one pause and a consensus later."""
    frames = [stranger(n * FRAME) for n in range(60)] + [ada(n * FRAME) for n in range(60, 300)]

    def told(all_of_them: bool) -> list[tuple[str, int]]:
        track, heard = Track(), []
        for sighting in frames[::every]:
            if all_of_them or wanted(track, sighting.seen, RULES):
                track, decision = consider(track, sighting, RULES)
                if decision:
                    heard.append((type(decision).__name__, decision.decided))
        return heard

    ungated, gated = told(True), told(False)
    assert [kind for kind, _ in gated] == [kind for kind, _ in ungated]
    lateness = [late - soon for (_, late), (_, soon) in zip(gated, ungated, strict=True)]
    assert all(0 <= late <= AGAIN + every * FRAME for late in lateness)
