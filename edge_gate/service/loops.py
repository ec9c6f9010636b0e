"""The two loops of the daemon: the one that looks, and the one that keeps the door."""

import gc
import os
import select
import threading
import weakref
from collections import deque
from collections.abc import Sequence
from typing import TypeAlias

from edge_gate.access.events import CameraFault, CameraRecovered
from edge_gate.access.instant import Instant, Millis
from edge_gate.devices.pictures import jpeg
from edge_gate.errors import CameraTimeout, EdgeGateError, EndOfFootage
from edge_gate.face.frame import Frame
from edge_gate.ports import Camera, Clock
from edge_gate.service.keeper import Message
from edge_gate.service.pace import Pace
from edge_gate.service.watcher import Watcher

LOST_AFTER: Millis = 10_000
"""A camera silent or frozen for this long ends the daemon; systemd starts it afresh."""

STALE_AFTER: Millis = 5_000
"""The watchdog is fed only while a fresh picture has been fully looked at within this time."""


class Leave:
    """The daemon is to secure the door and leave.

    Attributes:
        reason: for the journal.
        error: what went wrong, if anything did; its exit code becomes the daemon's.
    """

    def __init__(self, reason: str, error: Exception | None = None) -> None:
        self.reason = reason
        self.error = error


Post: TypeAlias = Message | Leave


class Inbox:
    """What is put before the door loop, by any thread, and by a signal handler at any moment.

    The standard library's queue would do, but for what it costs to wait many times a second for nothing.

    Attributes:
        rung: waits up to so many milliseconds for something to be put; empty if nothing was.
    """

    def __init__(self) -> None:
        self._posts: deque[Post] = deque()
        self._bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        # Not at exit: a camera's thread may put its last word in until the very end.
        weakref.finalize(self, os.close, self._bell).atexit = False
        waiting = select.poll()
        waiting.register(self._bell, select.POLLIN)
        self.rung = waiting.poll

    def put(self, post: Post) -> None:
        """Add one; wakes whoever waits."""
        self._posts.append(post)
        os.eventfd_write(self._bell, 1)

    def received(self, wait: Millis) -> Sequence[Post]:
        """Everything that was put; waits up to `wait` for the first. One thread alone may ask."""
        if not self.rung(wait):
            return ()
        # First the bell, then the posts: whatever is put in between rings once more.
        os.eventfd_read(self._bell)
        posts = []
        while self._posts:
            posts.append(self._posts.popleft())
        return posts


class RecognitionLoop(threading.Thread):
    """Captures, looks and decides; posts what it decided. It never touches the door.

    A daemon thread: a camera library that hangs cannot keep the process from leaving.

    Attributes:
        last_fresh: when a picture that was new had been fully looked at.
        frames: how many pictures have been captured.
        pace: how fast they come, and how long a look takes.
    """

    def __init__(self, camera: Camera, watcher: Watcher, inbox: Inbox, clock: Clock, timeout: Millis) -> None:
        super().__init__(name="recognition", daemon=True)
        self._camera = camera
        self._watcher = watcher
        self._inbox = inbox
        self._clock = clock
        self._timeout = timeout
        self._silent = False
        self._told_to_stop = False
        self.last_fresh: Instant = clock.now()
        self.frames = 0
        self._last: Frame | None = None
        self.pace = Pace()

    def run(self) -> None:
        """Look until told to stop; whatever goes wrong becomes the daemon's leaving, with its reason."""
        try:
            self._watcher.prepare()
            # Nor is a gallery of thousands garbage: looking through it holds up a frame by 30 ms.
            gc.freeze()
            while not self._told_to_stop:
                self._look()
        except EndOfFootage as end:
            self._inbox.put(Leave(end.what))
        except EdgeGateError as error:
            self._inbox.put(Leave(error.what, error))
        except Exception as error:  # noqa: BLE001 - the thread's last word: nothing may end it in silence
            self._inbox.put(Leave(f"recognition failed: {type(error).__name__}: {error}", error))

    def stop(self) -> None:
        """Ask the loop to end after the frame in hand; does not wait for it."""
        self._told_to_stop = True

    def picture(self) -> bytes | None:
        """The newest picture as a JPEG file, if there has been one; from any thread."""
        return jpeg(self._last.full.bgr()) if self._last else None

    def _look(self) -> None:
        try:
            wanted = self._watcher.wanted_from
            # A camera whose frames are passed over until then is not silent.
            early = max(0, wanted - self._clock.now())
            frame = self._camera.capture(early + self._timeout, wanted)
        except CameraTimeout as silence:
            if not self._silent:
                self._inbox.put(CameraFault("silent"))
            self._silent = True
            self._give_up(silence)
            return
        if self._silent:
            self._inbox.put(CameraRecovered())
        self._silent = False
        self.frames += 1
        self._last = frame
        watched = self._watcher.watch(frame)
        for item in watched.news:
            self._inbox.put(item)
        done = self._clock.now()
        self.pace.note(frame.captured, done, looked=watched.look is not None)
        if watched.fresh:
            self.last_fresh = done
        elif watched.frozen:
            self._give_up(CameraTimeout("the camera shows the same picture again and again"))

    def _give_up(self, error: CameraTimeout) -> None:
        if self._clock.now() - self.last_fresh >= LOST_AFTER:
            raise error
