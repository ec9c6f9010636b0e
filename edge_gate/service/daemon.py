"""The daemon: the strike secured first, everything else opened after, the door loop on this thread."""

import signal
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from edge_gate import __version__
from edge_gate.access.events import ServiceStarted, ServiceStopped
from edge_gate.access.instant import Millis
from edge_gate.config import Settings
from edge_gate.devices.clock import SystemClock
from edge_gate.devices.notify import Notifier
from edge_gate.ports import Clock
from edge_gate.service import wiring
from edge_gate.service.control import ControlServer
from edge_gate.service.keeper import Keeper
from edge_gate.service.loops import STALE_AFTER, TURN, Inbox, Leave, RecognitionLoop, received
from edge_gate.service.scribe import Scribe
from edge_gate.service.watcher import Watcher
from edge_gate.store.record import Record

LAST_WORDS: Millis = 1_000
"""How long the journal may take to write what is left when the daemon leaves."""

LAST_LOOK: Millis = 500
"""How long the frame in hand may take; a camera that hangs is left behind."""


def run(settings: Settings, on_record: Callable[[Record], None]) -> None:
    """Keep the door until a signal, the end of the footage, or a fault.

    Args:
        settings: of this door.
        on_record: told of each journal record once it is on the disk.

    Raises:
        EdgeGateError: what ended it, if anything went wrong; the strike is secured by then.
    """
    clock = SystemClock()
    inbox = Inbox()
    _leave_on_signals(inbox)
    hardware = wiring.door(settings, clock)
    try:
        hardware.assert_strike(released=False)
        journal = wiring.journal(settings)
        scribe = Scribe(journal, clock, settings.store.journal_queue, on_record)
        scribe.start()
        try:
            keeper = wiring.keeper(settings, hardware, scribe, clock.now())
            leave = _serve(settings, keeper, scribe, inbox, clock)
            keeper.secure(clock.now())
            scribe.post(ServiceStopped(leave.reason), clock.now())
        finally:
            scribe.close(LAST_WORDS)
            journal.close()
    finally:
        hardware.close()
    if leave.error:
        raise leave.error


def _serve(settings: Settings, keeper: Keeper, scribe: Scribe, inbox: Inbox, clock: Clock) -> Leave:
    notifier = Notifier()
    rules = wiring.rules(settings)
    eyes = wiring.eyes(settings)
    gallery = wiring.gallery(settings)
    camera = wiring.camera(settings, clock)
    watcher = Watcher(eyes, gallery, rules)
    looking = RecognitionLoop(camera, watcher, inbox, clock, settings.camera.timeout_ms)

    def status() -> dict[str, object]:
        door = keeper.door
        return {
            "state": door.state.value,
            "strike_released": door.strike_released,
            "open": door.open,
            "frames": looking.frames,
            "fresh_ms_ago": clock.now() - looking.last_fresh,
            "subjects": watcher.subjects,
            "pack": settings.models.pack,
            "liveness": "waived" if rules.live is None else "required",
            "journal_healthy": scribe.healthy,
            "version": __version__,
        }

    control = ControlServer(Path(settings.control.socket), settings.control.group, inbox, status)
    try:
        scribe.post(ServiceStarted(__version__, settings.models.pack), clock.now())
        keeper.turn([], clock.now())
        looking.start()
        control.start()
        notifier.ready()
        return _keep(keeper, looking, inbox, clock, notifier)
    finally:
        notifier.stopping()
        looking.stop()
        control.close()
        looking.join(LAST_LOOK / 1000)


def _keep(keeper: Keeper, looking: RecognitionLoop, inbox: Inbox, clock: Clock, notifier: Notifier) -> Leave:
    """The door loop. The watchdog is fed while this loop turns and that one sees fresh pictures."""
    while True:
        posts = received(inbox, TURN)
        now = clock.now()
        keeper.turn([post for post in posts if not isinstance(post, Leave)], now)
        for post in posts:
            if isinstance(post, Leave):
                return post
        if now - looking.last_fresh < STALE_AFTER:
            notifier.watchdog()


def _leave_on_signals(inbox: Inbox) -> None:
    def leave(number: int, _frame: FrameType | None) -> None:
        inbox.put(Leave(signal.Signals(number).name))

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)
