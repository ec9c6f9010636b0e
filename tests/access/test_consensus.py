"""How many looks at a face make a decision."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from edge_gate.access.consensus import ConsensusRules, Track, consider, decided, objection
from edge_gate.access.decision import Decision, Denied, Granted, Reason
from edge_gate.access.sighting import Flaw, Sighting

RULES = ConsensusRules(threshold=0.5)
ADA = Sighting(1, 0, 0, "ada", 0.8, 0.4, live=0.9)
BOB = replace(ADA, subject="bob")
STRANGER = replace(ADA, score=0.2)
PRINT = replace(ADA, live=0.1)
BLURRED = Sighting(1, 0, 0, flaws=(Flaw.BLURRED,))


BEGUN = 5_000_000


def looked(sightings: Iterable[Sighting], rules: ConsensusRules = RULES, pace: int = 100) -> list[Decision]:
    """Decisions about one track, seen every `pace` ms."""
    track, decisions = Track(), []
    for turn, sighting in enumerate(sightings):
        track, decision = consider(track, replace(sighting, frame=turn, seen=BEGUN + turn * pace), rules)
        if decision:
            decisions.append(decision)
    return decisions


def reasons(decisions: Iterable[Decision]) -> list[object]:
    return [each.subject if isinstance(each, Granted) else each.reason for each in decisions]


@pytest.mark.parametrize(
    ("sighting", "reason"),
    [
        (ADA, None),
        (replace(ADA, score=0.5, lead=0.05, live=0.5), None),
        (replace(ADA, score=0.499), Reason.UNKNOWN),
        (replace(ADA, score=float("nan")), Reason.UNKNOWN),
        (replace(ADA, subject=None), Reason.UNKNOWN),
        (replace(ADA, lead=0.049), Reason.AMBIGUOUS),
        (replace(ADA, lead=float("nan")), Reason.AMBIGUOUS),
        (replace(ADA, live=0.499), Reason.NOT_LIVE),
        (replace(ADA, live=None), Reason.NOT_LIVE),
        (replace(ADA, live=float("nan")), Reason.NOT_LIVE),
        (replace(PRINT, score=0.1, lead=0), Reason.NOT_LIVE),
        (replace(STRANGER, lead=0), Reason.UNKNOWN),
        (BLURRED, Reason.FLAWED),
    ],
)
def test_what_speaks_against_a_face_is_named_the_gravest_first(sighting: Sighting, reason: Reason) -> None:
    assert objection(sighting, RULES) is reason


def test_a_waiver_of_liveness_lets_a_print_through() -> None:
    waived = replace(RULES, live=None)
    assert objection(PRINT, waived) is None
    assert objection(replace(ADA, live=None), waived) is None


def test_three_agreeing_looks_make_a_grant_and_two_do_not() -> None:
    assert looked([ADA] * 2) == []
    [granted] = looked([ADA] * 3)
    assert isinstance(granted, Granted)
    assert (granted.subject, granted.decided) == ("ada", BEGUN + 200)
    assert [each.frame for each in granted.evidence] == [0, 1, 2]


def test_another_face_or_a_print_in_the_window_spoils_the_grant() -> None:
    for spoiler in (BOB, PRINT):
        assert looked([spoiler, ADA, ADA, ADA]) == []
    assert reasons(looked([PRINT, *[ADA] * 3], pace=600)) == ["ada"]


def test_strange_and_poor_looks_between_the_good_ones_only_cost_time() -> None:
    assert reasons(looked([ADA, STRANGER, ADA, BLURRED, ADA])) == ["ada"]


def test_a_look_older_than_the_window_no_longer_counts() -> None:
    assert reasons(looked([ADA] * 3, pace=750)) == ["ada"]
    assert looked([ADA] * 5, pace=751) == []


def test_nobody_is_granted_on_a_look_that_objects() -> None:
    assert looked([ADA, ADA, STRANGER]) == []


def test_a_denial_needs_as_many_looks_that_share_their_reason() -> None:
    assert looked([STRANGER] * 2 + [PRINT]) == []
    [denied] = looked([STRANGER] * 3)
    assert isinstance(denied, Denied)
    assert (denied.reason, denied.decided) == (Reason.UNKNOWN, BEGUN + 200)
    assert reasons(looked([PRINT, STRANGER, PRINT, STRANGER, PRINT])) == [Reason.NOT_LIVE]


def test_a_flawed_face_is_told_so_only_when_it_stays_flawed() -> None:
    assert looked([BLURRED] * 10) == []
    assert reasons(looked([BLURRED] * 11)) == [Reason.FLAWED]
    assert looked([STRANGER] + [BLURRED] * 11) == []


def test_nobody_is_told_the_same_within_ten_seconds() -> None:
    for sighting, said in ((ADA, "ada"), (STRANGER, Reason.UNKNOWN)):
        assert reasons(looked([sighting] * 102)) == [said]
        assert reasons(looked([sighting] * 103)) == [said, said]


def test_whoever_was_let_in_is_not_then_told_off_for_turning_round() -> None:
    assert reasons(looked([ADA] * 3 + [STRANGER] * 20)) == ["ada"]
    assert reasons(looked([ADA] * 3 + [STRANGER] * 100)) == ["ada", Reason.UNKNOWN]


def test_a_denial_for_one_reason_does_not_silence_another() -> None:
    assert reasons(looked([STRANGER] * 3 + [PRINT] * 3 + [STRANGER] * 3)) == [Reason.UNKNOWN, Reason.NOT_LIVE]


def test_no_evidence_decides_nothing() -> None:
    assert decided((), RULES) is None


@given(st.lists(st.sampled_from([ADA, BOB, STRANGER, PRINT, BLURRED]), max_size=40), st.integers(1, 400))
def test_a_decisions_own_evidence_decides_the_same_again(sightings: list[Sighting], pace: int) -> None:
    for decision in looked(sightings, pace=pace):
        assert decided(decision.evidence, RULES) == decision


def test_a_decision_says_what_score_it_was_held_to() -> None:
    assert [each.threshold for each in looked([ADA] * 3)] == [RULES.threshold]
    assert [each.threshold for each in looked([STRANGER] * 3)] == [RULES.threshold]
