"""What the journal is told, word for word."""

from doorstep import Doorstep, face, no_face, office, policy
from msgspec.structs import replace

from edge_gate.access.claim import Seen
from edge_gate.access.decision import Denied, Reason
from edge_gate.access.door import DoorTimes, Free, Lockdown, Secure, Unlock
from edge_gate.access.events import (
    AccessDenied,
    AccessGranted,
    AccessPending,
    AntiPassbackForgiven,
    DoorClosed,
    DoorEvent,
    DoorForced,
    DoorHeld,
    DoorOpened,
    FireBegan,
    FireEnded,
    FreeBegan,
    LivenessFailed,
    LockdownBegan,
    LockdownLifted,
    OperatorCommand,
    QualityRejected,
    StrikeReleased,
    StrikeSecured,
)
from edge_gate.access.gate import Forgive
from edge_gate.access.memory import Memory
from edge_gate.access.rules import Person
from edge_gate.access.sighting import Flaw, Sighting
from edge_gate.access.telling import told
from edge_gate.access.verdict import Awaits, Moment, Refusal, Refused, decide
from edge_gate.access.verification import Factor


def bare(events: list[DoorEvent]) -> list[DoorEvent]:
    """The events without the cases that they carry."""
    return [replace(event, case=None) if hasattr(event, "case") else event for event in events]


def test_a_grant_tells_the_best_of_its_sightings() -> None:
    granted = face("ada", 1_000, track=4)
    best = replace(granted.evidence[1], score=0.9, lead=0.3, live=0.7)
    granted = replace(granted, evidence=(granted.evidence[0], best, granted.evidence[2]))
    assert told(granted) == AccessGranted("ada", 0.9, 0.3, 0.7, 4, (0, 1, 2))


def test_a_denial_tells_the_best_score_and_no_name() -> None:
    for reason in (Reason.UNKNOWN, Reason.AMBIGUOUS):
        denied = no_face(reason, 2_000, track=4)
        best = max(each.score for each in denied.evidence)
        assert told(denied) == AccessDenied(reason.value, best, 4, (0, 1, 2))


def test_a_failed_liveness_check_tells_the_worst_and_an_absent_one_is_nothing() -> None:
    evidence = no_face(Reason.NOT_LIVE, 2_000, track=4).evidence
    worse = replace(evidence[1], live=0.05)
    assert told(Denied(Reason.NOT_LIVE, 0, (evidence[0], worse), 0.5)) == LivenessFailed(0.05, 4, (0, 1))
    unchecked = replace(evidence[1], live=None)
    denied = Denied(Reason.NOT_LIVE, 0, (evidence[0], unchecked), 0.5)
    assert told(denied) == LivenessFailed(0.0, 4, (0, 1))


def test_a_poor_picture_tells_its_newest_flaw_and_what_to_do() -> None:
    looks = tuple(
        Sighting(4, number, 0, flaws=(flaw,))
        for number, flaw in enumerate((Flaw.TOO_FAR, Flaw.TURNED_AWAY, Flaw.BLURRED))
    )
    assert told(Denied(Reason.FLAWED, 0, looks, 0.5)) == QualityRejected(
        "blurred", "hold still, or clean and focus the lens", 4, (0, 1, 2)
    )


def test_a_recognised_face_that_may_not_pass_is_told_with_its_score_and_name() -> None:
    door = Doorstep(office(people={"ada": Person("ada", ())}))
    door.turn(Seen(face("ada", door.now, track=4)))
    assert bare(door.journal) == [AccessDenied("outside_hours", 0.8, 4, (0, 1, 2), "ada")]


def test_every_verdict_carries_its_case_and_every_other_event_none() -> None:
    door = Doorstep(office(people={"bob": Person("bob", ())}, policy=policy("face|card+pin")))
    door.shows_face("bob")
    door.shows_card("ada")
    door.types_pin("ada", right=False)
    for reason in Reason:
        door.shows_no_face(reason)
    door.shows_face("ada")
    with_case = [event.name for event in door.journal if getattr(event, "case", None)]
    assert with_case == [
        "access_denied", "access_pending", "access_denied", "access_denied", "access_denied",
        "liveness_failed", "quality_rejected", "access_granted",
    ]  # fmt: skip


def test_what_is_awaited_is_named() -> None:
    door = Doorstep(office(policy=policy("card+pin+face")))
    door.shows_card("ada")
    assert bare(door.journal) == [AccessPending("ada", "face+pin")]


def test_each_release_says_what_did_it() -> None:
    causes = []
    for act in (
        lambda door: door.shows_face("ada"),
        lambda door: door.presses_exit(),
        lambda door: door.orders(Unlock()),
        lambda door: door.becomes(fire=True),
    ):
        door = Doorstep()
        act(door)  # type: ignore[no-untyped-call]
        causes += [event.reason for event in door.journal if isinstance(event, StrikeReleased)]
    assert causes == ["grant", "rex", "operator", "fire"]


def test_an_operators_command_is_told_with_user_and_reason() -> None:
    door = Doorstep()
    door.orders(Lockdown())
    door.orders(Secure())
    door.orders(Free())
    door.orders(Forgive("ada"))
    assert door.journal == [
        OperatorCommand("olga", "a reason", "lockdown"), LockdownBegan(),
        OperatorCommand("olga", "a reason", "secure"), LockdownLifted(),
        OperatorCommand("olga", "a reason", "free"), FreeBegan(), StrikeReleased("operator"),
        OperatorCommand("olga", "a reason", "forgive"), AntiPassbackForgiven("ada"),
    ]  # fmt: skip


def test_a_passage_is_told_in_its_order_each_event_at_its_instant() -> None:
    door = Doorstep(times=DoorTimes(held_open_ms=7_000))
    door.shows_face("ada")
    granted = door.now
    door.opens()
    opened = door.now
    door.wait(10_000)
    door.closes()
    assert [(event, at - granted) for event, at in door.told[1:]] == [
        (StrikeReleased("grant"), 0),
        (DoorOpened(), opened - granted),
        (StrikeSecured(), opened - granted),
        (DoorHeld(), opened - granted + 7_000),
        (DoorClosed(), door.now - granted),
    ]


def test_a_deadline_is_told_when_it_was_and_not_when_somebody_looked() -> None:
    door = Doorstep()
    door.orders(Unlock())
    began = door.now
    door.wait(60_000)
    assert door.told[-1] == (StrikeSecured(), began + 5_000)


def test_fire_and_force_are_told() -> None:
    door = Doorstep()
    door.becomes(fire=True)
    door.becomes(fire=False)
    door.opens()
    assert door.journal == [
        FreeBegan(), FireBegan(), StrikeReleased("fire"), FireEnded(), StrikeSecured(), DoorForced()
    ]  # fmt: skip


def test_a_lockdown_that_holds_on_is_not_told_again_for_each_opening() -> None:
    door = Doorstep()
    door.orders(Lockdown())
    door.forget()
    door.opens()
    assert door.journal == [DoorForced()]
    door.closes()
    assert door.journal == [DoorForced(), DoorClosed()]


def test_a_verdict_says_what_it_awaits_and_of_whom() -> None:
    rules, moment = office(policy=policy("card+face")), Moment(1_000, 1_790_000_000_000)
    for decision in (face("ada", 1_000), no_face(Reason.UNKNOWN, 1_000)):
        _, verdict = decide(Seen(decision), rules, Memory(), moment)
        assert verdict == Awaits((Factor.FACE, Factor.CARD))
    _, verdict = decide(Seen(face("ada", -1)), rules, Memory(), moment)
    assert verdict == Refused(Refusal.STALE, "ada")


def test_whoever_is_not_in_the_rules_is_a_person_all_the_same() -> None:
    assert office().person("eve") == Person("eve")


def test_a_face_let_in_is_told_with_its_score_and_a_card_without() -> None:
    door = Doorstep(office(policy=policy("face|card")))
    door.turn(Seen(face("ada", door.now, track=4)))
    assert bare(door.journal)[0] == AccessGranted("ada", 0.8, 0.4, 0.9, 4, (0, 1, 2))
    door.forget()
    door.shows_card("bob")
    assert bare(door.journal) == [AccessGranted("bob")]


def test_an_events_name_is_its_class_in_snake_case() -> None:
    class LampBrokenAgain(DoorEvent, frozen=True):
        """Named while a test looks on."""

    assert LampBrokenAgain.name == "lamp_broken_again"
    assert (AccessGranted.name, DoorHeld.name) == ("access_granted", "door_held")


def test_what_happens_at_a_free_door_is_told_when_it_happens() -> None:
    door = Doorstep()
    door.orders(Free())
    door.wait(seconds=60)
    door.opens()
    door.wait(seconds=5)
    door.closes()
    assert door.told[-1] == (DoorClosed(), door.now)
