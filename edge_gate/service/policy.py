"""What ``[access]``, ``[decision]`` and ``[door]`` in the configuration mean to the core."""

from collections.abc import Callable, Iterator
from typing import TypeVar

import msgspec

from edge_gate.access.case import Site
from edge_gate.access.consensus import ConsensusRules
from edge_gate.access.door import DoorTimes
from edge_gate.access.passback import AntiPassback
from edge_gate.access.rules import Lockout, OpenHours, Policy, Rules, TimedMode
from edge_gate.access.schedule import zone_of
from edge_gate.access.verification import Verification
from edge_gate.config import WAIVER, Settings
from edge_gate.digest import sha256
from edge_gate.errors import ConfigError
from edge_gate.service.standard import NOBODY
from edge_gate.store.manifest import read_manifest

T = TypeVar("T")


def policy(settings: Settings) -> Policy:
    """What this door asks of everybody.

    Raises:
        ConfigError: if a verification, a timed mode or the zone is not one, naming the key; or if open
            hours meet an interlock, which they would leave without effect.
    """
    chosen = settings.access
    _understood("access.zone", zone_of, chosen.zone)
    if chosen.open_hours and settings.panel.other_door_pin >= 0:
        raise ConfigError("access.open_hours leaves the door free, and panel.other_door_pin interlocks it")
    hours = OpenHours(chosen.open_hours, tuple(chosen.open_hours_groups), chosen.toggle)
    return Policy(
        zone=chosen.zone,
        verification=_understood("access.verification", Verification.parse, chosen.verification),
        timed=tuple(_understood("access.timed", _timed, each) for each in chosen.timed),
        persons=chosen.persons,
        passback=None
        if chosen.passback == "off"
        else AntiPassback(chosen.passback, chosen.passback_again_ms),
        open_hours=hours if chosen.open_hours else None,
        lockout=Lockout(chosen.credential_tries, chosen.door_tries, locked_ms=chosen.lockout_ms),
        fresh_ms=settings.decision.grant_max_age_ms,
        patience_ms=chosen.patience_ms,
        without_clock=chosen.without_clock,
    )


def unmet(settings: Settings, rules: Rules) -> Iterator[tuple[str, str]]:
    """What the configuration counts on and the site does not have, each with what to do about it.

    The door runs all the same, and stricter than was meant: a schedule that is not there never holds.
    """
    asked, made = rules.policy, ("always", "never", *rules.schedules)
    named = [("access.timed", mode.schedule) for mode in asked.timed]
    if asked.open_hours:
        named.append(("access.open_hours", asked.open_hours.schedule))
        for group in asked.open_hours.groups:
            if group not in rules.groups:
                yield (
                    f"access.open_hours_groups names the group {group!r}, which does not exist",
                    f"Make it with `edge-gate groups allow {group} SCHEDULE`",
                )
    for key, name in named:
        if name not in made:
            yield (
                f"{key} names the schedule {name!r}, which does not exist",
                f"Make it with `edge-gate schedules set {name} 'mon-fri 07:00-19:00'`",
            )
    asks = [("access.verification", asked.verification)]
    asks += [("access.timed", mode.verification) for mode in asked.timed]
    for key, verification in asks:
        if not settings.readers.inward and not verification.face_alone:
            yield (
                f"{key} asks for {verification}, and there is no reader before the door",
                "Name one in readers.inward, or ask for a face alone",
            )
    if asked.passback and asked.passback.kind != "timed" and not settings.readers.outward:
        yield (
            f"access.passback is {asked.passback.kind}, and there is no reader to go out by",
            "Name one in readers.outward, or choose timed",
        )


def consensus(settings: Settings) -> ConsensusRules:
    """What a decision needs, but for the threshold, which the `standard` derives: here nobody reaches it.

    Raises:
        ConfigError: if the pack has no liveness model and the configuration does not waive it.
        ModelError: if there is no such pack.
    """
    pack = read_manifest().chosen(settings.models.pack, settings.models.liveness)
    if not pack.liveness and not settings.liveness.waiver:
        raise ConfigError(
            f"the pack {settings.models.pack!r} has no liveness model: it takes a photograph for the person",
            f'Choose another pack, or write [liveness] waiver = "{WAIVER}"',
        )
    decision = settings.decision
    return ConsensusRules(
        threshold=NOBODY,
        lead=decision.lead,
        live=None if settings.liveness.waiver else pack.least_live,
        agreeing=decision.agreeing,
        window_ms=decision.window_ms,
        flawed_ms=decision.flawed_ms,
        repeat_ms=decision.repeat_ms,
    )


def looks(settings: Settings) -> float:
    """Frames that one window of an attempt can hold, for each sighting that must agree; at least 1."""
    frames = settings.camera.fps * settings.decision.window_ms / 1000
    return max(frames / settings.decision.agreeing, 1.0)


def times(settings: Settings) -> DoorTimes:
    """How long things last at this door."""
    chosen = settings.door
    return DoorTimes(
        unlock_ms=chosen.unlock_ms,
        held_open_ms=chosen.held_open_ms,
        shunt_ms=chosen.shunt_ms,
        pre_alarm_ms=chosen.pre_alarm_ms,
        stuck_ms=chosen.stuck_ms,
        debounce_ms=chosen.debounce_ms,
        relock=chosen.relock,
        rex=chosen.rex,
    )


def site(settings: Settings, consensus: ConsensusRules, embedder: str) -> Site:
    """What the door runs with, for its records."""
    return Site(consensus, sha256(msgspec.json.encode(settings)), embedder)


def _timed(text: str) -> TimedMode:
    schedule, colon, verification = text.partition(":")
    if not colon:
        raise ValueError(f"{text!r} is not of the form 'SCHEDULE: VERIFICATION'")
    return TimedMode(schedule.strip(), Verification.parse(verification))


def _understood(key: str, parse: Callable[[str], T], text: str) -> T:
    try:
        return parse(text)
    except (ValueError, KeyError, OSError) as error:
        raise ConfigError(f"{key} = {text!r}: {error}") from error
