"""The daemon's loops: a camera that fails, and who hears of it."""

import gc
import signal
import threading
from collections.abc import Iterator

import numpy as np
import pytest
from house import House
from msgspec.structs import replace

from edge_gate.access.decision import Granted
from edge_gate.access.events import CameraFault, CameraRecovered, ThresholdDerived
from edge_gate.access.instant import Instant, Millis
from edge_gate.config import Settings
from edge_gate.errors import CameraError, CameraTimeout, EndOfFootage
from edge_gate.face.comparison import Roster
from edge_gate.face.frame import Frame, Picture
from edge_gate.face.probe import Template
from edge_gate.recognition.enrolment import enrollable
from edge_gate.recognition.recognise import Eyes
from edge_gate.service import wiring
from edge_gate.service.loops import LOST_AFTER, Inbox, Leave, Post, RecognitionLoop
from edge_gate.service.watcher import Watcher
from edge_gate.simulated.clock import ManualClock
from edge_gate.simulated.portrait import views
from edge_gate.simulated.scene import SceneCamera


@pytest.fixture
def by_signal() -> Iterator[Inbox]:
    """An inbox that a signal handler puts into."""
    inbox = Inbox()
    before = signal.signal(signal.SIGUSR1, lambda *_: inbox.put(Leave("signal")))
    yield inbox
    signal.signal(signal.SIGUSR1, before)


def test_the_door_loop_is_woken_by_a_thread_and_by_a_signal_and_hears_all_in_order(by_signal: Inbox) -> None:
    main = threading.get_ident()
    for wake in (lambda: by_signal.put(Leave("thread")), lambda: signal.pthread_kill(main, signal.SIGUSR1)):
        thread = threading.Thread(target=wake)
        thread.start()
        (post,) = by_signal.received(60_000)
        thread.join()
        assert isinstance(post, Leave)
    for number in range(3):
        by_signal.put(Leave(str(number)))
    assert [post.reason for post in by_signal.received(60_000) if isinstance(post, Leave)] == ["0", "1", "2"]
    assert not by_signal.received(0)


class Lens:
    """A camera that does what the test has planned, and then ends."""

    def __init__(self, clock: ManualClock, plan: list[Frame | Exception]) -> None:
        self._clock = clock
        self._plan = plan

    def capture(self, timeout: Millis, since: Instant = 0) -> Frame:
        while self._plan and isinstance(frame := self._plan[0], Frame) and 0 < frame.captured < since:
            del self._plan[0]
        if not self._plan:
            raise EndOfFootage("the plan is over")
        if isinstance(frame := self._plan[0], Frame) and frame.captured > self._clock.now() + timeout:
            self._clock.advance(timeout)
            raise SILENCE
        planned = self._plan.pop(0)
        if isinstance(planned, CameraTimeout):
            self._clock.advance(timeout)
        if isinstance(planned, Exception):
            raise planned
        self._clock.set(max(self._clock.now(), planned.captured))
        return replace(planned, captured=self._clock.now())

    def close(self) -> None:
        """Nothing to let go of."""


def run(house: House, *plan: Frame | Exception) -> list[Post]:
    """What the loop posts while the plan lasts."""
    inbox = Inbox()
    loop = RecognitionLoop(Lens(house.clock, list(plan)), house.watcher, inbox, house.clock, timeout=2_000)
    loop.run()
    return list(inbox.received(0))


def noise(number: int) -> Frame:
    pixels = np.random.default_rng(number).integers(0, 255, (480, 640, 3), np.uint8)
    return Frame(number, 0, Picture(pixels))


def scene(script: str, count: int) -> list[Frame]:
    camera = SceneCamera(script, start=2_000)
    return [camera.capture(100) for _ in range(count)]


def test_what_the_gallery_asks_for_is_worked_out_before_the_first_frame_and_told_with_the_first_look(
    eyes: Eyes, waived: Settings
) -> None:
    ada = [Template("ada", enrollable(Picture(view), eyes, "ada").probe) for view in views("ada")]
    roster, asked = Roster.of(ada), list[str]()

    class Gallery:
        def roster(self) -> Roster:
            asked.append("roster")
            return roster

    class Reel:
        def capture(self, timeout: Millis, since: Instant = 0) -> Frame:  # noqa: ARG002 - the port's own
            asked.append("frame")
            if asked.count("frame") > 2:
                raise EndOfFootage("shown")
            return noise(len(asked))

        def close(self) -> None:
            """Nothing to let go of."""

    gc.unfreeze()
    clock, inbox = ManualClock(), Inbox()
    watcher = Watcher(eyes, Gallery(), wiring.standard(waived))
    RecognitionLoop(Reel(), watcher, inbox, clock, timeout=2_000).run()
    assert asked[:2] == ["roster", "frame"]
    assert gc.get_freeze_count() > 0
    posts = list(inbox.received(0))
    assert [type(post) for post in posts] == [ThresholdDerived, Leave]


SILENCE = CameraTimeout("no picture")


def test_a_known_face_becomes_a_posted_grant_and_the_end_of_the_film_a_farewell(house: House) -> None:
    house.enrol("ada")
    posts = run(house, *scene("ada stands for 1 s", 3))
    assert [type(post) for post in posts] == [Granted, Leave]
    assert isinstance(posts[-1], Leave)
    assert posts[-1].error is None


def test_before_a_room_long_at_rest_the_camera_is_asked_for_every_other_frame(house: House) -> None:
    def frames(script: str) -> int:
        camera = SceneCamera(script, start=house.clock.now() + 1_000)
        plan: list[Frame | Exception] = [camera.capture(100) for _ in range(camera.frames)]
        loop = RecognitionLoop(Lens(house.clock, plan), house.watcher, Inbox(), house.clock, timeout=2_000)
        loop.run()
        return loop.frames

    assert 90 <= frames("nobody for 10 s") <= 95
    assert frames("lior stands for 10 s") == 150


def test_a_camera_whose_frames_are_passed_over_is_not_silent(house: House) -> None:
    camera = SceneCamera("nobody for 10 s", start=house.clock.now() + 66)
    plan: list[Frame | Exception] = [camera.capture(100) for _ in range(camera.frames)]
    inbox = Inbox()
    RecognitionLoop(Lens(house.clock, plan), house.watcher, inbox, house.clock, timeout=70).run()
    assert CameraFault("silent") not in inbox.received(0)


def test_a_silent_camera_is_reported_once_and_its_return_too(house: House) -> None:
    posts = run(house, noise(0), SILENCE, SILENCE, noise(1), noise(2))
    assert posts[:-1] == [CameraFault("silent"), CameraRecovered()]


def test_a_camera_silent_for_too_long_ends_the_daemon(house: House) -> None:
    posts = run(house, noise(0), *[SILENCE] * 10)
    assert isinstance(posts[-1], Leave)
    assert isinstance(posts[-1].error, CameraTimeout)
    assert house.clock.now() <= 1_000 + LOST_AFTER


def test_a_camera_frozen_for_too_long_ends_the_daemon(house: House) -> None:
    still = noise(0)
    posts = run(house, *[replace(still, sequence=n, captured=1_000 + n * 66) for n in range(200)])
    assert posts[0] == CameraFault("frozen")
    assert isinstance(posts[-1], Leave)
    assert isinstance(posts[-1].error, CameraTimeout)


def test_a_camera_unplugged_ends_the_daemon_with_its_own_error(house: House) -> None:
    gone = CameraError("/dev/video0 is gone")
    posts = run(house, noise(0), gone)
    assert isinstance(posts[-1], Leave)
    assert posts[-1].error is gone


def test_whatever_breaks_in_recognition_is_told_and_not_swallowed(house: House) -> None:
    posts = run(house, noise(0), ZeroDivisionError("a bug"))
    assert isinstance(posts[-1], Leave)
    assert "ZeroDivisionError: a bug" in posts[-1].reason


def test_only_fresh_pictures_that_were_looked_at_count_for_the_watchdog(house: House) -> None:
    still = noise(0)
    inbox = Inbox()
    plan: list[Frame | Exception] = [replace(still, sequence=n, captured=1_000 + n * 66) for n in range(20)]
    loop = RecognitionLoop(Lens(house.clock, plan), house.watcher, inbox, house.clock, timeout=2_000)
    loop.run()
    assert loop.frames == 20
    assert loop.last_fresh == 1_000
    assert house.clock.now() == pytest.approx(1_000 + 19 * 66)
