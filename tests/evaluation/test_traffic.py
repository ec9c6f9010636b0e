"""A door's own journal gives figures: as far as it knows who was there, and only with consent."""

import json
from contextlib import closing

import pytest
from technician import Site as Shell

from edge_gate.access.case import Case, Site, filed
from edge_gate.access.claim import Seen, Shown, Side
from edge_gate.access.consensus import ConsensusRules
from edge_gate.access.decision import Decision, Denied, Granted, Reason
from edge_gate.access.events import AccessDenied, AccessGranted
from edge_gate.access.memory import Holding, Memory
from edge_gate.access.rules import Rules
from edge_gate.access.sighting import Flaw, Sighting
from edge_gate.access.verdict import Moment
from edge_gate.access.verification import Factor
from edge_gate.config import CONSENT
from edge_gate.evaluation.traffic import Heard, Traffic, measured
from edge_gate.store.journal import Journal
from edge_gate.store.manifest import read_manifest
from edge_gate.store.record import Entry

THRESHOLD = 0.5


def looked(decision: Decision, after_card_of: str | None = None, embedder: str = "ours") -> Case:
    holding = Holding(after_card_of, (Factor.CARD,), Side.INSIDE, 0) if after_card_of else None
    site = Site(ConsensusRules(THRESHOLD), embedder=embedder)
    return filed(Seen(decision), Rules(), Memory(holding=holding), Moment(1_000), site)


def looks(subject: str, score: float, lead: float, **more: object) -> tuple[Sighting, ...]:
    return tuple(
        Sighting(1, n, 500 * n, subject, score - n / 100, lead, **{"live": 0.9, **more})  # type: ignore[arg-type]
        for n in range(3)
    )


def let_in(subject: str, score: float, lead: float = 2.0) -> Granted:
    return Granted(subject, 1_000, looks(subject, score, lead), THRESHOLD)


def kept_out(reason: Reason, subject: str, score: float, lead: float = 2.0, **more: object) -> Denied:
    return Denied(reason, 1_000, looks(subject, score, lead, **more), THRESHOLD)


def sum_up(*cases: Case, wrong: frozenset[int] = frozenset()) -> Traffic:
    heard = [Heard(number, f"2026-03-0{number}", case) for number, case in enumerate(cases, 1)]
    return measured(heard, "ours", wrong)


def test_a_card_says_who_it_is_so_a_denial_after_it_is_a_false_rejection() -> None:
    traffic = sum_up(
        looked(let_in("ada", 0.8), after_card_of="ada"),
        looked(let_in("bob", 0.7), after_card_of="bob"),
        looked(let_in("bob", 0.6), after_card_of="bob"),
        looked(kept_out(Reason.UNKNOWN, "ada", 0.4), after_card_of="ada"),
    )

    scores = traffic.named_first
    assert scores
    assert (scores.erred.errors, scores.erred.tries, scores.people) == (1, 4, 2)
    assert scores.percentiles[50] == pytest.approx(0.65)
    assert traffic.unknown == 0, "a holder who is refused is no stranger"
    assert (traffic.since, traffic.until) == ("2026-03-01", "2026-03-04")


def test_of_somebody_found_among_everybody_the_best_other_person_is_an_impostor() -> None:
    traffic = sum_up(
        looked(let_in("ada", 0.8, lead=0.6)),
        looked(let_in("bob", 0.8, lead=0.2)),
        looked(kept_out(Reason.AMBIGUOUS, "ada", 0.8, lead=0.01)),
    )

    scores = traffic.others
    assert scores
    assert (scores.erred.errors, scores.erred.tries, scores.people) == (2, 3, 2)
    assert scores.percentiles[50] == pytest.approx(0.6)
    assert traffic.named_first is None, "the door's own word is no label"


def test_where_nothing_went_wrong_the_bound_counts_people_and_not_their_visits() -> None:
    every_day = [looked(let_in("ada", 0.9, lead=0.8)) for _ in range(8)]

    scores = sum_up(*every_day).others

    assert scores
    assert (scores.erred.errors, scores.erred.tries, scores.people) == (0, 8, 1)
    assert scores.erred.high > 0.9


def test_whoever_is_not_named_labels_nobody_and_is_counted() -> None:
    traffic = sum_up(
        looked(kept_out(Reason.UNKNOWN, "ada", 0.3, lead=0.1)),
        looked(kept_out(Reason.NOT_LIVE, "ada", 0.9, lead=0.3, live=0.1)),
        looked(kept_out(Reason.FLAWED, "ada", -1.0, flaws=(Flaw.TOO_FAR,))),
        filed(Shown(Factor.CARD, "card:1", None), Rules(), Memory(), Moment(0), Site(ConsensusRules(0.5))),
    )

    assert (traffic.unknown, traffic.not_live, traffic.flawed) == (1, 1, {"too_far": 1})
    assert traffic.named_first is traffic.others is None


def test_what_is_marked_as_wrong_is_told_and_labels_nobody() -> None:
    traffic = sum_up(
        looked(let_in("ada", 0.8, lead=0.6)),
        looked(kept_out(Reason.UNKNOWN, "ada", 0.4), after_card_of="ada"),
        wrong=frozenset((1, 2)),
    )

    assert (traffic.wrong_grants, traffic.wrong_denials) == ((1,), (2,))
    assert traffic.named_first is traffic.others is None


def test_scores_of_another_embedder_are_left_out() -> None:
    traffic = sum_up(looked(let_in("ada", 0.8, lead=0.6), embedder="another"))
    assert (traffic.left_out, traffic.others, traffic.since) == (1, None, "")


def test_a_search_under_way_when_the_card_was_shown_is_no_comparison_with_its_holder() -> None:
    assert sum_up(looked(let_in("bob", 0.8, lead=0.5), after_card_of="ada")).named_first is None


# The command -------------------------------------------------------------------------------------


@pytest.fixture
def lived_in(site: Shell) -> Shell:
    """A door that let ada in and turned her away once."""
    assert site.run("check").code == 0
    manifest = read_manifest()
    embedder = manifest.embedder(manifest.chosen("builtin")).sha256
    granted = looked(let_in("ada", 0.8, lead=0.6), embedder=embedder)
    denied = looked(kept_out(Reason.UNKNOWN, "ada", 0.4), after_card_of="ada", embedder=embedder)
    with closing(Journal(site.state / "journal.sqlite")) as journal:
        journal.append(Entry(AccessGranted("ada", 0.8, 0.6, 0.9, 1, (0, 1, 2), granted), 1_000, 0))
        journal.append(Entry(AccessDenied("unknown", 0.4, 1, (0, 1, 2), "ada", denied), 2_000, 0))
    return site


def agreed(site: Shell) -> None:
    site.config.write_text(site.config.read_text() + f'[evaluation]\nconsent = "{CONSENT}"\n')


def test_without_consent_the_journal_is_not_evaluated_and_the_owner_is_told_what_to_set(
    lived_in: Shell,
) -> None:
    said = lived_in.run("evaluate", "--from-journal")

    assert said.code == 3
    assert f'consent = "{CONSENT}"' in said.err
    assert "journal_evaluated" not in lived_in.run("journal", "tail").out


def test_with_consent_it_is_evaluated_and_that_is_journalled(lived_in: Shell) -> None:
    agreed(lived_in)

    told = json.loads(lived_in.run("evaluate", "--from-journal", "--json").out)["traffic"]
    said = lived_in.run("evaluate", "--from-journal")

    assert (told["named_first"]["erred"]["errors"], told["named_first"]["erred"]["tries"]) == (1, 1)
    assert told["others"]["percentiles"]["50"] == pytest.approx(0.2)
    assert "1 decisions, 1 people; denied (FNMR): 100.00%" in said.out
    assert lived_in.run("journal", "tail").out.count("journal_evaluated") == 2
    assert "ada" not in said.out


def test_a_technician_marks_a_decision_as_wrong_and_may_take_it_back(lived_in: Shell) -> None:
    agreed(lived_in)

    assert lived_in.run("journal", "mark", "1", "wrong", "--reason", "it was her sister").code == 0
    told = json.loads(lived_in.run("evaluate", "--from-journal", "--json").out)["traffic"]
    assert (told["wrong_grants"], told["others"]) == ([1], None)

    lived_in.run("journal", "mark", "1", "right")
    told = json.loads(lived_in.run("evaluate", "--from-journal", "--json").out)["traffic"]
    assert told["wrong_grants"] == []
    assert lived_in.run("journal", "mark", "3", "wrong").code == 9, "a mark is no decision"
    assert lived_in.run("journal", "mark", "99", "wrong").code == 9


def test_a_dataset_or_the_journal_is_evaluated_and_not_both(lived_in: Shell) -> None:
    assert lived_in.run("evaluate").code == 2
    assert lived_in.run("evaluate", "faces", "--from-journal").code == 2
