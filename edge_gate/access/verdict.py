"""May they pass, now? One pure function over values, so that a record of the values is the verdict."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from edge_gate.access.claim import Claim, Seen, Shown
from edge_gate.access.decision import Denied, Granted, Reason
from edge_gate.access.fault import Fault, hindrance
from edge_gate.access.instant import Instant, Millis
from edge_gate.access.lockout import Tally, counted, locked
from edge_gate.access.memory import DOOR, Holding, Memory, remembered
from edge_gate.access.passback import Passage, repeats
from edge_gate.access.rules import Policy, Rules
from edge_gate.access.schedule import ends, wall
from edge_gate.access.verification import FACTORS, Factor, Verification


class Refusal(StrEnum):
    """Why somebody who was heard may not pass; the first four are a face's own, from `Reason`."""

    UNKNOWN = "unknown"
    AMBIGUOUS = "ambiguous"
    NOT_LIVE = "not_live"
    FLAWED = "flawed"
    STALE = "stale"
    UNKNOWN_CARD = "unknown_card"
    WRONG_PIN = "wrong_pin"
    LOCKED_OUT = "locked_out"
    LOOK_ALIKE = "look_alike"
    NOT_ACCEPTED = "not_accepted"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    OUTSIDE_HOURS = "outside_hours"
    CLOCK_UNSET = "clock_unset"
    PASSED_ALREADY = "passed_already"
    LOCKDOWN = "lockdown"
    INTERLOCK = "interlock"


class Moment(Struct, frozen=True):
    """The world in which a claim is heard.

    Attributes:
        now: the door's own time.
        utc_ms: the wall clock's; None while it is unset.
        lockdown: whether the door is locked down.
        barred: whether the other door of an interlock stands open.
        faults: what is broken.
    """

    now: Instant
    utc_ms: int | None = None
    lockdown: bool = False
    barred: bool = False
    faults: tuple[Fault, ...] = ()


class Admitted(Struct, frozen=True):
    """They may pass.

    Attributes:
        people: one, or two under the two-person rule.
        repeats: those of them who by soft anti-passback had passed already.
        free_ms: the door is to stay free so long (open hours); None for the usual unlock time.
        toggle: a door that is free already is to be secured instead.
    """

    people: tuple[Passage, ...]
    repeats: tuple[str, ...] = ()
    free_ms: Millis | None = None
    toggle: bool = False


class Refused(Struct, frozen=True):
    """They may not.

    Attributes:
        reason: why.
        person: who was told so; None where the claim names nobody. A near miss accuses nobody.
    """

    reason: Refusal | Fault
    person: str | None = None


class Awaits(Struct, frozen=True):
    """So far so good.

    Attributes:
        factors: what is to be shown next; empty where a second person is.
        person: of whom; None where nobody has shown anything that counts.
    """

    factors: tuple[Factor, ...]
    person: str | None = None


Verdict: TypeAlias = Admitted | Refused | Awaits


def decide(claim: Claim, rules: Rules, memory: Memory, moment: Moment) -> tuple[Memory, Verdict]:
    """Hear one claim."""
    memory = remembered(memory, moment.now, rules.policy)
    fault = hindrance(moment.faults, face=isinstance(claim, Seen))
    if fault:
        return memory, Refused(fault)
    key = credential(claim, memory)
    if key and any(locked(memory.tallies.get(name, Tally()), moment.now) for name in (key, DOOR)):
        return memory, Refused(Refusal.LOCKED_OUT, _holder(claim, memory))
    if isinstance(claim, Seen):
        return _seen(claim, rules, memory, moment)
    if claim.holder is None or not claim.genuine:
        wrong = Refusal.UNKNOWN_CARD if claim.factor is Factor.CARD else Refusal.WRONG_PIN
        return _tried(claim.credential, rules.policy, memory, moment), Refused(wrong, claim.holder)
    memory = replace(memory, tallies={name: tally for name, tally in memory.tallies.items() if name != key})
    this = Passage(claim.holder, claim.toward, moment.now)
    return _identified(this, claim.factor, rules, memory, moment)


def concerned(claim: Claim, memory: Memory) -> Collection[str]:
    """The people whom a verdict on this claim can depend on."""
    names = (_holder(claim, memory), memory.waiting and memory.waiting.name, *_between(claim))
    return tuple(dict.fromkeys(name for name in names if name))


def credential(claim: Claim, memory: Memory) -> str | None:
    """What wrong tries of this claim count under; None for a face that nobody's card or PIN announced."""
    if isinstance(claim, Shown):
        return claim.credential
    return f"face:{memory.holding.name}" if memory.holding else None


def verification_at(rules: Rules, at: datetime | None) -> Verification:
    """What the door asks for at that wall-clock time; None where the clock is unset."""
    for mode in rules.policy.timed:
        if at is not None and rules.holds(mode.schedule, at):
            return mode.verification
    return rules.policy.verification


class Search(Struct, frozen=True):
    """Whom a face is compared with: one holder's templates (1:1), or everybody's (1:N)."""

    holder: str | None = None


def search(rules: Rules, memory: Memory, utc_ms: int | None) -> Search | None:
    """What recognition is to do now; None: compare with nobody, a card or PIN comes first."""
    asked = verification_at(rules, None if utc_ms is None else wall(utc_ms, rules.policy.zone))
    held = memory.holding
    if held:
        own = rules.asked_of(held.name, asked)
        if not own.face_alone and Factor.FACE in own.wants(held.factors):
            return Search(held.name)
    return Search() if asked.face_alone else None


def _holder(claim: Claim, memory: Memory) -> str | None:
    match claim:
        case Shown(holder=holder):
            return holder
        case Seen(decision=Granted(subject=subject)):
            return subject
    return memory.holding.name if memory.holding else None


def _between(claim: Claim) -> tuple[str, ...]:
    """Whom an ambiguous face was most like in each look; nobody where it was not ambiguous."""
    match claim:
        case Seen(decision=Denied(reason=Reason.AMBIGUOUS, evidence=looks)):
            return tuple(look.subject for look in looks if look.subject)
    return ()


def _at(rules: Rules, moment: Moment) -> datetime | None:
    return None if moment.utc_ms is None else wall(moment.utc_ms, rules.policy.zone)


def _seen(claim: Seen, rules: Rules, memory: Memory, moment: Moment) -> tuple[Memory, Verdict]:
    decision, holding = claim.decision, memory.holding
    if isinstance(decision, Granted):
        if moment.now - decision.decided > rules.policy.fresh_ms:
            return memory, Refused(Refusal.STALE, decision.subject)
        this = Passage(decision.subject, claim.toward, moment.now)
        return _identified(this, Factor.FACE, rules, memory, moment)
    reason, asked = decision.reason, verification_at(rules, _at(rules, moment))
    if holding is None:
        between = _between(claim)
        if asked.face_alone and between and all(name in rules.alike for name in between):
            return memory, Refused(Refusal.LOOK_ALIKE)
        if asked.face_alone or reason in (Reason.NOT_LIVE, Reason.FLAWED):
            return memory, Refused(Refusal(reason))
        return memory, Awaits(asked.wants(()))
    if reason is not Reason.NOT_LIVE and search(rules, memory, moment.utc_ms) is None:
        # A card or PIN is awaited, and the face was compared with nobody: that nobody knows it says nothing.
        return memory, Awaits(asked.wants(holding.factors))
    if reason is not Reason.FLAWED:
        memory = _tried(f"face:{holding.name}", rules.policy, memory, moment)
    return memory, Refused(Refusal(reason), holding.name)


def _identified(
    this: Passage, factor: Factor, rules: Rules, memory: Memory, moment: Moment
) -> tuple[Memory, Verdict]:
    refusal = _refusal(this, rules, memory, moment)
    if refusal:
        return memory, Refused(refusal, this.name)
    asked, held = verification_at(rules, _at(rules, moment)), memory.holding
    shown = held.factors if held and (held.name, held.toward) == (this.name, this.toward) else ()
    own = rules.asked_of(this.name, asked)
    if factor is Factor.FACE and not shown and not own.face_alone:
        # Found among everybody, where it was to be compared with one holder's templates alone.
        return memory, Refused(Refusal.LOOK_ALIKE, this.name) if asked.face_alone else Awaits(asked.wants(()))
    shown = tuple(each for each in FACTORS if each is factor or each in shown)
    if not own.met(shown):
        wanted = own.wants(shown)
        if not wanted:
            return memory, Refused(Refusal.NOT_ACCEPTED, this.name)
        holding = Holding(this.name, shown, this.toward, moment.now)
        return replace(memory, holding=holding), Awaits(wanted, this.name)
    return _verified(this, rules, replace(memory, holding=None), moment)


def _verified(this: Passage, rules: Rules, memory: Memory, moment: Moment) -> tuple[Memory, Verdict]:
    people: tuple[Passage, ...] = (this,)
    first = memory.waiting
    if rules.policy.persons == 2:
        partner = first and first.name != this.name and first.toward is this.toward
        if not first or not partner or _refusal(first, rules, memory, moment):
            return replace(memory, waiting=this), Awaits((), this.name)
        people = (first, this)
    again = tuple(person.name for person in people if _repeats(person, rules.policy, memory, moment.now))
    free_ms = _free_ms(this.name, rules, moment)
    hours = rules.policy.open_hours
    verdict = Admitted(people, again, free_ms, toggle=bool(free_ms and hours and hours.toggle))
    return replace(memory, waiting=None, passing=(*memory.passing, *people)), verdict


def _refusal(this: Passage, rules: Rules, memory: Memory, moment: Moment) -> Refusal | None:
    """What keeps a person from passing, whatever they show; None where nothing does."""
    person, policy, at = rules.person(this.name), rules.policy, _at(rules, moment)
    if moment.lockdown:
        return Refusal.LOCKDOWN
    if moment.barred:
        return Refusal.INTERLOCK
    if at is None:
        if (person.first_day or person.last_day) and not policy.without_clock:
            return Refusal.CLOCK_UNSET
    elif person.first_day and at.date() < person.first_day:
        return Refusal.NOT_YET_VALID
    elif person.last_day and at.date() > person.last_day:
        return Refusal.EXPIRED
    if not any(rules.holds(rules.groups[group], at) for group in person.groups if group in rules.groups):
        return Refusal.CLOCK_UNSET if at is None else Refusal.OUTSIDE_HOURS
    soft = policy.passback is not None and policy.passback.kind == "soft"
    if not soft and _repeats(this, policy, memory, moment.now):
        return Refusal.PASSED_ALREADY
    return None


def _repeats(this: Passage, policy: Policy, memory: Memory, now: Instant) -> bool:
    last = memory.whereabouts.get(this.name)
    return policy.passback is not None and repeats(last, this.toward, now, policy.passback)


def _free_ms(name: str, rules: Rules, moment: Moment) -> Millis | None:
    """How long open hours last from now, if they are on and this person may begin them."""
    hours, at = rules.policy.open_hours, _at(rules, moment)
    if hours is None or at is None or not set(hours.groups) & set(rules.person(name).groups):
        return None
    until = ends(rules.schedule(hours.schedule), at, rules.holidays)
    return round((until.timestamp() - at.timestamp()) * 1000) or None


def _tried(key: str, policy: Policy, memory: Memory, moment: Moment) -> Memory:
    """One more wrong try, of that credential and of the door."""
    rule, tallies = policy.lockout, dict(memory.tallies)
    for name, allowed in ((key, rule.credential), (DOOR, rule.door)):
        before = tallies.get(name, Tally())
        tallies[name] = counted(before, moment.now, allowed, rule.window_ms, rule.locked_ms)
    return replace(memory, tallies=tallies)
