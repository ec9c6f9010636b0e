"""The daemon: the strike secured first, everything else opened after, the door loop on this thread."""

import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType

from edge_gate import __version__
from edge_gate.access.events import ServiceStarted, ServiceStopped
from edge_gate.access.fault import Fault
from edge_gate.access.gate import World
from edge_gate.access.instant import Instant, Millis
from edge_gate.config import Settings
from edge_gate.devices.clock import SystemClock
from edge_gate.devices.fuse import KernelFuse
from edge_gate.devices.notify import Notifier
from edge_gate.errors import DoorHardwareError
from edge_gate.ports import Clock
from edge_gate.service import wiring
from edge_gate.service.clerk import Clerk
from edge_gate.service.control import ControlServer
from edge_gate.service.keeper import Keeper, Message
from edge_gate.service.loops import STALE_AFTER, Inbox, Leave, RecognitionLoop
from edge_gate.service.scribe import Scribe
from edge_gate.service.watcher import Watcher
from edge_gate.store.record import Record

NO_CLOCK_BEFORE = 1_767_225_600_000
"""2026-01-01 in milliseconds since 1970: a wall clock before this release was written is unset."""

FED_EVERY: Millis = 500
"""A watchdog that waits for seconds needs no word at every turn."""

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
            clerk = Clerk(wiring.rulebook(settings), scribe, clock)
            panel, fuse, now = wiring.panel(settings), KernelFuse(), clock.now()
            remembered = clerk.memory(now)
            keeper = wiring.keeper(settings, hardware, panel, fuse, sink=scribe, now=now, memory=remembered)
            leave = _serve(settings, keeper, clerk, scribe, inbox)
            scribe.post(ServiceStopped(leave.reason), clock.now())
        finally:
            # A disk that hangs holds the thread, and would hold us too; the process is about to end.
            if scribe.close(LAST_WORDS):
                journal.close()
    finally:
        hardware.close()
    if leave.error:
        raise leave.error


def _serve(settings: Settings, keeper: Keeper, clerk: Clerk, scribe: Scribe, inbox: Inbox) -> Leave:
    clock = SystemClock()
    notifier = Notifier()
    standard = wiring.standard(settings)
    eyes = wiring.eyes(settings)
    gallery = wiring.gallery(settings)
    camera = wiring.camera(settings, clock)
    watcher = Watcher(eyes, gallery, standard)
    looking = RecognitionLoop(camera, watcher, inbox, clock, settings.camera.timeout_ms)
    readers = wiring.readers(settings, inbox, clock, keeper)

    def world(now: Instant) -> World:
        """How things stand, for one turn."""
        utc_ms = clock.utc_ms()
        faults: tuple[Fault, ...] = ()
        if now - looking.last_fresh >= STALE_AFTER:
            faults += (Fault.CAMERA_STALE,)
        if not scribe.healthy:
            faults += (Fault.JOURNAL_UNWRITABLE,)
        if readers and any(reader.silent for reader in readers):
            faults += (Fault.READER_SILENT,)
        return World(now, utc_ms if utc_ms >= NO_CLOCK_BEFORE else None, clerk.heed(standard.alike), faults)

    def turn(messages: Sequence[Message], now: Instant) -> bool:
        """Take a turn of the door, and tell the others what they need of it; whether pictures are fresh."""
        around = world(now)
        keeper.turn(messages, around)
        watcher.search = keeper.gate.search(around)
        clerk.note(keeper.gate.memory.whereabouts)
        return Fault.CAMERA_STALE not in around.faults

    def status() -> dict[str, object]:
        door = keeper.door
        return {
            "state": door.state.value,
            "strike_released": door.strike_released,
            "open": door.open,
            "barred": door.barred,
            "frames": looking.frames,
            "frames_a_second": looking.pace.frames_a_second,
            "latency_ms": looking.pace.latency_ms,
            "fresh_ms_ago": clock.now() - looking.last_fresh,
            "subjects": watcher.subjects,
            "pack": settings.models.pack,
            "liveness": "waived" if settings.liveness.waiver else "required",
            "promise": standard.in_words(),
            "promise_figures": standard.figures(),
            "look_alikes": clerk.look_alikes,
            "lock": settings.door.lock,
            "signal": keeper.gate.shows.value,
            "faults": [fault.value for fault in keeper.gate.faults],
            "rules": clerk.rules.version if clerk.rules else None,
            "journal_healthy": scribe.healthy,
            "version": __version__,
        }

    control = ControlServer(
        Path(settings.control.socket),
        settings.control.group,
        inbox,
        status,
        looking.picture if settings.control.pictures else None,
    )
    try:
        scribe.post(ServiceStarted(__version__, settings.models.pack), clock.now())
        clerk.work()
        turn([], clock.now())
        looking.start()
        clerk.start()
        for reader in readers:
            reader.start()
        control.start()
        notifier.ready()
        return _keep(keeper, turn, inbox, clock, notifier)
    finally:
        # Before anything that may take its time. Where the line is lost, whoever closes it says so.
        with suppress(DoorHardwareError):
            keeper.secure(clock.now())
        notifier.stopping()
        looking.stop()
        for reader in readers:
            reader.stop()
        clerk.stop()
        control.close()
        looking.join(LAST_LOOK / 1000)


def _keep(
    keeper: Keeper,
    turn: Callable[[Sequence[Message], Instant], bool],
    inbox: Inbox,
    clock: Clock,
    notifier: Notifier,
) -> Leave:
    """The door loop. The watchdog is fed while this loop turns and that one sees fresh pictures."""
    fed = clock.now() - FED_EVERY
    while True:
        rung, now = inbox.rung(keeper.patience), clock.now()
        if not rung and keeper.doze(now):
            continue
        posts = inbox.received(0)
        fresh = turn([post for post in posts if not isinstance(post, Leave)], now)
        for post in posts:
            if isinstance(post, Leave):
                return post
        if fresh and now - fed >= FED_EVERY:
            notifier.watchdog()
            fed = now


def _leave_on_signals(inbox: Inbox) -> None:
    def leave(number: int, _frame: FrameType | None) -> None:
        inbox.put(Leave(signal.Signals(number).name))

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)
