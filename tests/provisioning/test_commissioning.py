"""A door is handed over only when everything it must do was seen to work."""

import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import pytest
from msgspec.structs import replace
from rigged import Daemon, rigged, wait_until
from technician import Site

from edge_gate.access.events import (
    AccessDenied,
    AccessGranted,
    DoorClosed,
    DoorEvent,
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
from edge_gate.config import Settings, load
from edge_gate.devices.pictures import jpeg
from edge_gate.errors import UnreadableInput
from edge_gate.provisioning.commissioning import Commissioning, Item, Mark, RunningDoor
from edge_gate.provisioning.finding import Finding, fail, ok, warn
from edge_gate.provisioning.report import page
from edge_gate.recognition.recognise import Eyes
from edge_gate.simulated.portrait import portrait
from edge_gate.store.device import Device, signer
from edge_gate.store.record import GENESIS, Entry, Record

UNLOCK_MS = 5_000
SOUND = [ok("models", "whole"), warn("clock", "not synchronised", "fit a battery")]

Deeds = dict[str, list[DoorEvent]]


def deeds() -> Deeds:
    """What a person who is told so does, and what the door makes of it."""
    return {
        "open it, then close it": [DoorOpened(), DoorClosed()],
        "Press the exit button": [StrikeReleased("rex")],
        "fire alarm": [FireBegan(), FireEnded()],
        "housing": [FaultBegan("tampered"), FaultEnded("tampered")],
        "Stand before": [AccessGranted("ada", 0.9, 0.4, 0.98)],
        "photograph": [LivenessFailed(0.03, 1, (7,))],
    }


@dataclass
class Visit:
    """A running door, and a person before it who does as told."""

    does: Deeds = field(default_factory=deeds)
    hears: bool = True
    relay_works: bool = True
    stuck: bool = False
    contact: bool = True
    verdict_takes: int = 180
    pictures: bool = False
    ajar: bool = False
    closes: bool = True
    now: int = 10_000
    released: int | None = None
    told: list[str] = field(default_factory=list)
    _news: list[Record] = field(default_factory=list)

    def status(self) -> Mapping[str, object]:
        since = None if self.released is None else self.now - self.released
        held = since is not None and (since < UNLOCK_MS or self.stuck)
        return {"strike_released": held, "open": self.ajar if self.contact else None}

    def unlock(self) -> None:
        if self.relay_works and not self.ajar:
            self.released = self.now

    def news(self) -> list[Record]:
        news, self._news = self._news, []
        return news

    def picture(self) -> bytes | None:
        return jpeg(portrait("ada")) if self.pictures else None

    def wait(self, ms: int) -> None:
        self.now += ms

    def tell(self, words: str) -> None:
        self.told.append(words)
        if "Close the door" in words and self.closes:
            self.ajar = False
        for cue, events in self.does.items():
            if cue in words:
                self._news += [self._record(event) for event in events]

    def confirms(self, name: str, question: str) -> bool:
        self.told.append(f"{name}: {question}")
        return self.hears

    def _record(self, event: DoorEvent) -> Record:
        record = Record.of(Entry(event, self.now, 0), 1, GENESIS)
        seen = self.now - self.verdict_takes
        return replace(record, detail={**record.detail, "case": {"evidence": [{"seen": seen}]}})


@pytest.fixture
def settings() -> Settings:
    pins = {"strike_pin": 17, "position_pin": 22, "rex_pin": 27, "unlock_ms": UNLOCK_MS}
    return load(None, {"door": pins, "panel": {"fire_pin": 23, "tamper_pin": 24}})


def walked(settings: Settings, visit: Visit, findings: list[Finding] = SOUND) -> dict[str, Item]:
    return {item.name: item for item in Commissioning(settings, visit, visit).items(findings)}


def failed(items: dict[str, Item]) -> list[str]:
    return [item.name for item in items.values() if item.mark is Mark.FAILED]


def test_a_door_that_does_all_it_must_passes_every_item(settings: Settings) -> None:
    items = walked(settings, Visit())

    assert {item.mark for item in items.values()} == {Mark.PASSED}, items
    assert items["latency"].what.startswith("p95 180 ms"), items["latency"]
    assert "n = 2" in items["latency"].what
    assert "to know: clock" in items["examination"].what


def dead_relay(visit: Visit) -> None:
    visit.relay_works = False


def welded_relay(visit: Visit) -> None:
    visit.stuck = True


def silent_relay(visit: Visit) -> None:
    visit.hears = False


def unwired_contact(visit: Visit) -> None:
    visit.does["open it, then close it"] = []


def contact_that_never_closes(visit: Visit) -> None:
    visit.does["open it, then close it"] = [DoorOpened()]


def dead_button(visit: Visit) -> None:
    visit.does["Press the exit button"] = [StrikeReleased("operator")]


def unheard_fire(visit: Visit) -> None:
    visit.does["fire alarm"] = []


def stuck_housing(visit: Visit) -> None:
    visit.does["housing"] = [FaultBegan("tampered")]


def unknown_face(visit: Visit) -> None:
    visit.does["Stand before"] = [AccessDenied("unknown", 0.2)]


def dark_face(visit: Visit) -> None:
    visit.does["Stand before"] = [
        QualityRejected("too_dark", "add light", 1, (7,)),
        AccessGranted("ada", 0.9, 0.4),
    ]


def fooled(visit: Visit) -> None:
    visit.does["photograph"] = [LivenessFailed(0.1, 1, (7,)), AccessGranted("ada", 0.9, 0.4)]


def blind(visit: Visit) -> None:
    visit.does["photograph"] = []


def slow(visit: Visit) -> None:
    visit.verdict_takes = 1_400


@pytest.mark.parametrize(
    ("fault", "item"),
    [
        (dead_relay, "relay"),
        (welded_relay, "relay"),
        (silent_relay, "relay"),
        (unwired_contact, "position switch"),
        (contact_that_never_closes, "position switch"),
        (dead_button, "exit button"),
        (unheard_fire, "fire alarm"),
        (stuck_housing, "housing"),
        (unknown_face, "a live face"),
        (dark_face, "light"),
        (fooled, "a photograph"),
        (blind, "a photograph"),
        (slow, "latency"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_whatever_does_not_work_fails_its_own_item(
    settings: Settings, fault: Callable[[Visit], None], item: str
) -> None:
    visit = Visit()
    fault(visit)

    assert item in failed(walked(settings, visit))


def test_a_door_that_stands_open_is_closed_before_its_relay_is_judged(settings: Settings) -> None:
    visit = Visit(ajar=True)
    assert failed(walked(settings, visit)) == []
    assert visit.told[0].startswith("Close the door")

    propped = walked(settings, Visit(ajar=True, closes=False))
    assert propped["relay"].mark is Mark.FAILED
    assert "stands open" in propped["relay"].what


def test_an_examination_with_a_failure_is_a_failed_item(settings: Settings) -> None:
    items = walked(settings, Visit(), [*SOUND, fail("watchdog", "not armed", "reboot")])

    assert failed(items) == ["examination"]


def test_what_is_not_fitted_is_said_and_does_not_fail() -> None:
    bare = load(None, {"door": {"unlock_ms": UNLOCK_MS}})

    items = walked(bare, Visit(contact=False))

    absent = {item.name for item in items.values() if item.mark is Mark.ABSENT}
    assert absent == {"position switch", "exit button", "fire alarm", "housing"}
    assert failed(items) == []


def test_an_inner_handle_that_raises_the_alarm_fails() -> None:
    shunt = load(None, {"door": {"rex_pin": 27, "rex": "shunt", "unlock_ms": UNLOCK_MS}})
    visit = Visit()
    visit.does["Leave through the door"] = [DoorForced()]
    assert "exit button" in failed(walked(shunt, visit))

    visit = Visit()
    visit.does["Leave through the door"] = [DoorOpened(), DoorClosed()]
    assert "exit button" not in failed(walked(shunt, visit))


def report(settings: Settings, visit: Visit, state: Path) -> bytes:
    device = Device(state)
    items = list(walked(settings, visit).values())
    text = page(settings, items, SOUND, who="<ada>", utc="2026-11-22T10:00:00+00:00", device=device.name)
    return device.signed(text.encode())


def test_the_report_needs_nothing_beside_it_and_says_what_failed(settings: Settings, tmp_path: Path) -> None:
    visit = Visit()
    fooled(visit)

    text = report(settings, visit, tmp_path).decode()

    assert '<h1 class="no">NOT commissioned: a photograph</h1>' in text
    assert "&lt;ada&gt;" in text
    assert not any(outside in text for outside in ("src=", "href=", "url(", "@import", "<script"))
    assert '<h1 class="yes">Commissioned</h1>' in report(settings, Visit(), tmp_path).decode()


def test_the_report_shows_who_stood_there_only_where_that_is_allowed(
    settings: Settings, tmp_path: Path
) -> None:
    bare = report(settings, Visit(), tmp_path).decode()
    assert "<img" not in bare
    assert "It holds no picture and no template." in bare

    shown = report(settings, Visit(pictures=True), tmp_path)
    first, second = re.findall(rb'src="data:image/jpeg;base64,([^"]+)"', shown)
    seen = cv2.imdecode(np.frombuffer(b64decode(first), np.uint8), cv2.IMREAD_COLOR)
    assert seen is not None
    assert seen.shape == portrait("ada").shape
    assert b"It holds no template." in shown
    assert signer(shown) == Device(tmp_path).name
    with pytest.raises(UnreadableInput):
        signer(shown.replace(second[-40:], second[-80:-40], 1))


def test_a_report_that_was_altered_is_no_longer_signed(settings: Settings, tmp_path: Path) -> None:
    visit = Visit()
    fooled(visit)
    document = report(settings, visit, tmp_path)
    assert signer(document) == Device(tmp_path).name

    for altered in (
        document.replace(b"NOT commissioned: a photograph", b"Commissioned"),
        document + b"<p>and all is well</p>",
        document[: document.rindex(b"<!--")],
        b"",
    ):
        with pytest.raises(UnreadableInput):
            signer(altered)


def test_the_boards_key_is_private_and_stays_the_same(tmp_path: Path) -> None:
    assert Device(tmp_path).name == Device(tmp_path).name
    assert (tmp_path / "device.key").stat().st_mode & 0o777 == 0o600


def test_on_the_real_daemon_a_face_opens_and_a_waived_photograph_is_not_commissioned(
    tmp_path: Path, eyes: Eyes
) -> None:
    script = "nobody for 5 s\nada walks up for 2 s\nada stands for 90 s\n"
    with rigged(tmp_path, eyes, script) as site:
        told = site.config.read_text().replace("[control]", "[control]\npictures = true")
        site.config.write_text(told)
        daemon = Daemon(site)
        daemon.hear(lambda record: record["event"] == "service_started")
        settings = load(site.config)
        door = RunningDoor(settings)
        happened: list[str] = []

        class Obeys:
            def tell(self, words: str) -> None:
                if "open it" in words:
                    wait_until(lambda: site.rig.released)
                    site.rig.leaf_open = True
                    wait_until(lambda: door.status()["open"] is True)
                    site.rig.leaf_open = False
                if "exit button" in words:
                    wait_until(lambda: not site.rig.released)
                    site.rig.exit_pressed = True
                    wait_until(lambda: site.rig.released)
                    site.rig.exit_pressed = False
                happened.append(words)

            def confirms(self, name: str, question: str) -> bool:
                del name, question
                return True

        items = {item.name: item for item in Commissioning(settings, door, Obeys()).items(SOUND)}
        daemon.kill()

    assert failed(items) == ["a photograph"], items
    assert items["a live face"].what == "ada was known"
    for item in ("a live face", "a photograph"):
        assert (items[item].picture or b"").startswith(b"\xff\xd8"), "what the camera saw, as JPEG"
    assert "n = 0" not in items["latency"].what


def test_the_verb_asks_for_a_running_service(site: Site) -> None:
    said = site.run("commission", "--out", str(site.folder / "report.html"))

    assert said.code == 11
    assert not (site.folder / "report.html").exists()


def test_the_verb_tells_who_signed_a_report(site: Site, settings: Settings) -> None:
    visit = Visit()
    fooled(visit)
    path = site.folder / "report.html"
    path.write_bytes(report(settings, visit, site.folder))

    said = site.run("commission", "--verify", str(path))

    assert said.code == 0
    assert Device(site.folder).name in said.out
    assert "NOT commissioned" in said.err
    path.write_bytes(path.read_bytes().replace(b"NOT ", b""))
    assert site.run("commission", "--verify", str(path)).code == 13
