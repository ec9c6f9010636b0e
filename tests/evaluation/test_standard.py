"""The threshold follows the gallery: re-derived when it grows, refused where it grows too far."""

import numpy as np
import pytest
from house import Fixed, House
from msgspec.structs import replace
from population import Population

from edge_gate.access.case import reheard
from edge_gate.access.claim import Shown
from edge_gate.access.consensus import ConsensusRules
from edge_gate.access.events import (
    AccessDenied,
    AccessGranted,
    PromiseRefused,
    ThresholdDerived,
)
from edge_gate.access.verdict import Admitted
from edge_gate.access.verification import Factor
from edge_gate.evaluation.budget import Budget, Promise, Refusal
from edge_gate.evaluation.calibrating import calibrate
from edge_gate.evaluation.calibration import Calibration
from edge_gate.evaluation.lookalikes import look_alikes
from edge_gate.face.comparison import Roster
from edge_gate.face.frame import Floats
from edge_gate.face.probe import Template, unit
from edge_gate.recognition.recognise import Eyes
from edge_gate.service.standard import NOBODY, BudgetStandard, Mode
from edge_gate.service.watcher import Watcher

RULES = ConsensusRules(threshold=NOBODY)


@pytest.fixture(scope="module")
def record() -> Calibration:
    return calibrate(
        Population().evidence(700, np.random.default_rng(4)),
        pack="drawn",
        detector="d" * 64,
        embedder="e" * 64,
        preprocessing="none",
        dataset="drawn",
    )


@pytest.fixture
def standard(record: Calibration) -> BudgetStandard:
    return BudgetStandard(Budget(0.01, 0.8), record, RULES, looks=1.0)


def points(number: int, dimensions: int = 512, seed: int = 1) -> Floats:
    return np.random.default_rng(seed).normal(size=(number, dimensions)).astype(np.float32)


def roster(vectors: Floats, each: int = 1) -> Roster:
    return Roster.of(Template(f"p{row // each:05}", unit(raw, "e")) for row, raw in enumerate(vectors))


def test_a_gallery_that_grows_raises_the_threshold_and_the_journal_says_so(standard: BudgetStandard) -> None:
    few = standard.ruling(roster(points(5)), Mode.SEARCH)
    many = standard.ruling(roster(points(60)), Mode.SEARCH)

    assert many.rules.threshold > few.rules.threshold > 0
    (event,) = many.news
    assert isinstance(event, ThresholdDerived)
    assert (event.people, event.threshold, event.reason) == (60, many.rules.threshold, "budget")
    assert event.fpir_bound <= 0.01


def test_an_unchanged_gallery_is_not_told_twice(standard: BudgetStandard) -> None:
    everybody = roster(points(5))
    assert standard.ruling(everybody, Mode.SEARCH).news

    assert standard.ruling(everybody, Mode.SEARCH).news == ()
    assert standard.ruling(roster(points(5, seed=2)), Mode.SEARCH).news == ()


def test_a_gallery_past_the_evidence_is_let_in_by_no_face_and_the_owner_is_told_why(
    standard: BudgetStandard,
) -> None:
    ruling = standard.ruling(roster(points(5_000, 16)), Mode.SEARCH)

    assert ruling.rules.threshold > 1
    (event,) = ruling.news
    assert isinstance(event, PromiseRefused)
    assert "card or PIN" in event.advice
    assert isinstance(standard.answers[Mode.SEARCH], Refusal)


def test_the_same_gallery_is_served_where_a_card_names_the_person_first(standard: BudgetStandard) -> None:
    everybody = roster(points(5_000, 16))
    standard.ruling(everybody, Mode.SEARCH)

    ruling = standard.ruling(everybody, Mode.ONE_HOLDER)

    assert ruling.rules.threshold < 1
    assert isinstance(standard.answers[Mode.ONE_HOLDER], Promise)


def test_more_templates_a_person_are_more_chances_for_a_stranger(standard: BudgetStandard) -> None:
    one = standard.ruling(roster(points(20)), Mode.SEARCH)
    three = standard.ruling(roster(points(60), each=3), Mode.SEARCH)

    assert three.rules.threshold > one.rules.threshold


def test_two_people_who_look_alike_are_found_before_anybody_is_searched_for(
    standard: BudgetStandard,
) -> None:
    vectors = points(20)
    vectors[7] = vectors[3] + 0.6 * vectors[7]
    standard.ruling(roster(vectors), Mode.SEARCH)

    assert [pair.names for pair in standard.alike] == [("p00003", "p00007")]
    standard.ruling(roster(points(5_000, 16)), Mode.SEARCH)
    assert standard.alike == (), "where faces open nothing nobody can be taken for another"


def test_an_experts_threshold_is_shouted(record: Calibration) -> None:
    standard = BudgetStandard(Budget(0.01, 0.8), record, RULES, looks=1.0, expert=0.3)

    ruling = standard.ruling(roster(points(50)), Mode.SEARCH)

    assert ruling.rules.threshold == 0.3
    assert standard.in_words().startswith("EXPERT THRESHOLD, SET BY HAND: NO PROMISE HOLDS")
    (event,) = [event for event in ruling.news if isinstance(event, ThresholdDerived)]
    assert event.reason == "expert"
    assert event.fpir_bound > 0.01


def test_look_alikes_are_every_pair_above_the_threshold_and_no_other() -> None:
    everybody = roster(points(1_500, 24), each=2)
    scores = everybody.matrix @ everybody.matrix.T
    owner = np.repeat(np.arange(750), 2)
    above = {
        (min(a, b), max(a, b))
        for a, b in zip(*np.nonzero(scores >= 0.7), strict=True)
        if owner[a] != owner[b]
    }
    wanted = {(int(owner[a]), int(owner[b])) for a, b in above}

    found = look_alikes(everybody, threshold=0.7, usual=0.8)

    assert wanted
    assert {(int(pair.first[1:]), int(pair.second[1:])) for pair in found} == wanted
    assert [pair.score for pair in found] == sorted((pair.score for pair in found), reverse=True)
    assert all(pair.duplicate == (pair.score >= 0.8) for pair in found)
    name = found[0].first
    assert set(look_alikes(everybody, 0.7, 0.8, about=name)) == {
        pair for pair in found if name in (pair.first, pair.second)
    }


def test_who_looks_like_another_is_seen_and_let_in_only_with_a_card_besides(house: House) -> None:
    house.enrol("ada", "bela")
    house.rules = house.rules.with_alike([("ada", "chidi")])

    house.show("ada stands for 2 s\nnobody for 2 s\nbela stands for 2 s")

    granted = [event.subject for event in house.journal if isinstance(event, AccessGranted)]
    denied = [(event.reason, event.subject) for event in house.journal if isinstance(event, AccessDenied)]
    assert granted == ["bela"]
    assert denied == [("look_alike", "ada")]

    house.wait(10_000)
    house.deliver(Shown(Factor.CARD, "card:ada", "ada"))
    house.show("ada stands for 2 s")
    assert [*granted, "ada"] == [each.subject for each in house.journal if isinstance(each, AccessGranted)]


def test_two_faces_the_door_cannot_tell_apart_are_asked_for_a_card(
    house: House, rules: ConsensusRules, eyes: Eyes
) -> None:
    house.enrol("ada", "bela")
    house.watcher = Watcher(eyes, house, Fixed(replace(rules, lead=1.9)))
    house.rules = house.rules.with_alike([("ada", "bela")])

    house.show("ada stands for 2 s")

    denied = [(event.reason, event.subject) for event in house.journal if isinstance(event, AccessDenied)]
    assert denied == [("look_alike", None)]


def test_a_decisions_record_keeps_the_threshold_it_was_made_at(
    house: House, eyes: Eyes, rules: ConsensusRules
) -> None:
    house.enrol("ada")
    stricter = replace(rules, threshold=0.61)
    house.watcher = Watcher(eyes, house, Fixed(stricter))

    house.show("ada stands for 2 s")

    (granted,) = [event for event in house.journal if isinstance(event, AccessGranted)]
    assert granted.case
    assert granted.case.site.consensus == stricter
    assert isinstance(reheard(granted.case)[1], Admitted)
