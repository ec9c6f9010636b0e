"""Is this door fit to be handed over? Each item is tried on the running service, and seen in its journal."""

import time
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from edge_gate.access.events import (
    AccessDenied,
    AccessGranted,
    AccessPending,
    DoorClosed,
    DoorForced,
    DoorOpened,
    FaultBegan,
    FaultEnded,
    FireBegan,
    FireEnded,
    LivenessFailed,
    QualityRejected,
    StrikeReleased,
)
from edge_gate.access.fault import Fault
from edge_gate.access.instant import Millis
from edge_gate.access.sighting import Flaw
from edge_gate.access.withheld import Withheld
from edge_gate.config import Settings
from edge_gate.errors import DaemonUnreachable
from edge_gate.provisioning.finding import Finding, Level
from edge_gate.service import wiring
from edge_gate.service.control import ask
from edge_gate.store.record import Record

PATIENCE: Millis = 60_000
"""How long somebody may take to do what is asked."""

PRINT_SHOWN: Millis = 15_000
"""How long a photograph is held before the camera."""

STEP: Millis = 100
VERDICTS = frozenset(
    event.name for event in (AccessGranted, AccessDenied, AccessPending, LivenessFailed, QualityRejected)
)


class Mark(StrEnum):
    """What became of an item."""

    PASSED = "passed"
    FAILED = "FAILED"
    ABSENT = "not fitted"


class Item(Withheld, frozen=True):
    """One line of the report."""

    name: str
    mark: Mark
    what: str
    picture: bytes | None = None
    """A JPEG file: what the camera saw, where the owner allows it."""


class Door(Protocol):
    """The running door."""

    def status(self) -> Mapping[str, object]:
        """How it stands."""
        ...

    def unlock(self) -> None:
        """Release the strike once, by an operator's command."""
        ...

    def news(self) -> list[Record]:
        """Records since the last call."""
        ...

    def picture(self) -> bytes | None:
        """What the camera sees, a JPEG file; None where the owner does not allow it."""
        ...

    def wait(self, ms: Millis) -> None:
        """Let time pass."""
        ...


class Person(Protocol):
    """Who stands before it."""

    def tell(self, words: str) -> None:
        """Say what to do."""
        ...

    def confirms(self, name: str, question: str) -> bool:
        """Ask what only a person can hear or see."""
        ...


class RunningDoor:
    """The service on this board, through its socket and its journal.

    Raises:
        DaemonUnreachable: here and later, if it does not run, or gives no picture though it may.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._socket = Path(settings.control.socket)
        self.status()
        self.picture()
        with closing(wiring.journal(settings)) as journal:
            newest = journal.tail(1)
        self._seen = newest[0].seq if newest else 0

    def status(self) -> Mapping[str, object]:
        """How it stands."""
        return ask(self._socket, "status")

    def unlock(self) -> None:
        """Release the strike once."""
        ask(self._socket, "unlock", "commissioning")

    def news(self) -> list[Record]:
        """Records since the last call."""
        with closing(wiring.journal(self._settings)) as journal:
            records = list(journal.records(self._seen))
        self._seen = records[-1].seq if records else self._seen
        return records

    def picture(self) -> bytes | None:
        """What the camera sees; None where the owner does not allow it."""
        if not self._settings.control.pictures:
            return None
        try:
            seen = ask(self._socket, "picture")["picture"]
        except DaemonUnreachable as error:
            raise DaemonUnreachable(
                f"The configuration allows pictures, the running service does not: {error.what}",
                "`sudo systemctl restart edge-gate`, so that it reads its configuration",
            ) from error
        return b64decode(seen) if isinstance(seen, str) else None

    def wait(self, ms: Millis) -> None:
        """Let time pass."""
        time.sleep(ms / 1000)


class Commissioning:
    """A walk through everything that a door must do.

    Args:
        settings: of the door.
        door: as it runs.
        person: who stands before it.
    """

    def __init__(self, settings: Settings, door: Door, person: Person) -> None:
        self._settings = settings
        self._door = door
        self._person = person
        self._ages: list[Millis] = []

    def items(self, findings: list[Finding]) -> Iterator[Item]:
        """Go through all items; one after the other, so that a person can follow."""
        failures = [finding.about for finding in findings if finding.level is Level.FAIL]
        warned = [finding.about for finding in findings if finding.level is Level.WARN]
        notes = f"; to know: {', '.join(warned)}" if warned else ""
        yield _item(
            "examination", not failures, f"failed: {', '.join(failures)}" if failures else f"sound{notes}"
        )
        yield self._relay()
        yield self._position()
        yield self._exit()
        yield self._confirmed(
            "way out with the power off",
            "Tried without the computer's power: does the door open from inside?",
        )
        yield self._contact("fire alarm", self._settings.panel.fire_pin, FireBegan.name, FireEnded.name)
        yield self._contact("housing", self._settings.panel.tamper_pin, FaultBegan.name, FaultEnded.name)
        yield from self._face()
        yield self._photograph()
        yield self._latency()

    def _relay(self) -> Item:
        if self._door.status()["open"]:
            self._person.tell("Close the door: one that stands open is not unlocked.")
            if not self._until(lambda: not self._door.status()["open"], PATIENCE):
                return _item("relay", False, "the door stands open, or its position switch says so")
        self._person.tell("Listen to the relay: it will click, and click back.")
        self._door.unlock()
        released = self._until(lambda: bool(self._door.status()["strike_released"]), 2_000)
        secured = self._until(
            lambda: not self._door.status()["strike_released"], self._settings.door.unlock_ms + 2_000
        )
        if not (released and secured):
            return _item("relay", False, f"released: {released}, secured again: {secured}")
        heard = self._person.confirms("relay", "Did the relay click twice, and the lock open and lock?")
        return _item("relay", heard, "released and secured, heard" if heard else "nobody heard it")

    def _position(self) -> Item:
        if self._door.status()["open"] is None:
            return Item("position switch", Mark.ABSENT, "no alarm when the door is forced or held open")
        self._door.unlock()
        self._person.tell("The door is unlocked: open it, then close it.")
        seen = self._awaited({DoorOpened.name, DoorForced.name}, {DoorClosed.name})
        return _item(
            "position switch",
            seen,
            "opening and closing were seen" if seen else "no opening and closing seen",
        )

    def _exit(self) -> Item:
        door = self._settings.door
        if door.hardware == "gpio" and door.rex_pin < 0:
            return Item("exit button", Mark.ABSENT, "the way out is mechanical alone")
        if door.rex == "unlock":
            self._person.tell("Press the exit button.")
            seen = self._until(
                lambda: any(
                    record.event == StrikeReleased.name and record.reason == "rex"
                    for record in self._door.news()
                ),
                PATIENCE,
            )
            return _item("exit button", seen, "it released the strike" if seen else "no press was seen")
        self._person.tell("Leave through the door: exit button or inner handle.")
        told: list[str] = []

        def out() -> bool:
            told.extend(record.event for record in self._door.news())
            return DoorOpened.name in told or DoorForced.name in told

        seen = self._until(out, PATIENCE) and DoorForced.name not in told
        return _item(
            "exit button", seen, "left without an alarm" if seen else "no leaving, or a forced-open alarm"
        )

    def _contact(self, name: str, pin: int, begins: str, ends: str) -> Item:
        if pin < 0:
            return Item(name, Mark.ABSENT, "not wired")
        self._person.tell(f"Make the {name}'s contact active, then put it back.")
        reasons = {None, Fault.TAMPERED.value}
        seen = self._awaited({begins}, {ends}, reasons)
        return _item(name, seen, "seen to begin and to end" if seen else "nothing was seen")

    def _face(self) -> Iterator[Item]:
        self._person.tell("Stand before the camera: somebody who is enrolled, as on any day.")
        told: list[Record] = []

        def let_in() -> bool:
            told.extend(self._door.news())
            return any(record.event in {AccessGranted.name, AccessPending.name} for record in told)

        known = self._until(let_in, PATIENCE)
        self._note_ages(told)
        who = next(
            (record.subject for record in told if record.event in {AccessGranted.name, AccessPending.name}),
            None,
        )
        said = f"{who} was known" if known else "nobody was known"
        yield _item("a live face", known, said, self._door.picture())
        dim = {record.reason for record in told if record.event == QualityRejected.name}
        dim &= {Flaw.TOO_DARK.value, Flaw.TOO_BRIGHT.value}
        lit = known and not dim
        yield _item(
            "light", lit, "faces are well lit" if lit else ", ".join(map(str, dim)) or "no face was seen"
        )

    def _photograph(self) -> Item:
        self._person.tell(
            "Hold up a photograph of somebody enrolled (paper or telephone), and keep it there."
        )
        told: list[Record] = []

        def let_in() -> bool:
            told.extend(self._door.news())
            return any(record.event == AccessGranted.name for record in told)

        fooled = self._until(let_in, PRINT_SHOWN)
        self._note_ages(told)
        seen = any(record.event in VERDICTS for record in told)
        picture = self._door.picture()
        if fooled:
            return _item("a photograph", False, "it was let in", picture)
        said = "seen, and not let in" if seen else "it was not even seen"
        return _item("a photograph", seen, said, picture)

    def _latency(self) -> Item:
        limit = self._settings.decision.grant_max_age_ms
        if not self._ages:
            return _item("latency", False, "no verdict was reached")
        p95 = float(np.percentile(self._ages, 95))
        what = (
            f"p95 {p95:.0f} ms from the last picture to the verdict, n = {len(self._ages)}, limit {limit} ms"
        )
        return _item("latency", p95 <= limit, what)

    def _confirmed(self, name: str, question: str) -> Item:
        yes = self._person.confirms(name, question)
        return _item(name, yes, "confirmed" if yes else "not confirmed")

    def _note_ages(self, records: list[Record]) -> None:
        for record in records:
            case: Any = record.detail.get("case")
            if record.event in VERDICTS and case and case["evidence"]:
                self._ages.append(record.t_ms - case["evidence"][-1]["seen"])

    def _awaited(self, begins: set[str], ends: set[str], reasons: set[str | None] | None = None) -> bool:
        """Whether one of the first events and then one of the others was written down in time."""
        begun = False

        def both() -> bool:
            nonlocal begun
            for record in self._door.news():
                fits = reasons is None or record.reason in reasons
                if begun and fits and record.event in ends:
                    return True
                begun = begun or (fits and record.event in begins)
            return False

        return self._until(both, PATIENCE)

    def _until(self, holds: Callable[[], bool], patience: Millis) -> bool:
        for _ in range(0, patience, STEP):
            if holds():
                return True
            self._door.wait(STEP)
        return holds()


def _item(name: str, passed: bool, what: str, picture: bytes | None = None) -> Item:
    return Item(name, Mark.PASSED if passed else Mark.FAILED, what, picture)
