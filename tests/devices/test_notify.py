"""systemd's side of the conversation, on a real socket."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_gate.devices.clock import SystemClock
from edge_gate.devices.notify import Notifier


@pytest.fixture(params=["path", "abstract"])
def systemd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[socket.socket]:
    abstract = request.param == "abstract"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(f"\0edge-gate-test-{os.getpid()}" if abstract else str(tmp_path / "notify"))
        listener.setblocking(False)
        yield listener


def environment(systemd: socket.socket, **more: str) -> dict[str, str]:
    name = systemd.getsockname()
    return {"NOTIFY_SOCKET": "@" + name[1:].decode() if isinstance(name, bytes) else name, **more}


def test_systemd_hears_a_whole_life(systemd: socket.socket) -> None:
    notifier = Notifier(environment(systemd))
    notifier.ready("door secured")
    notifier.watchdog()
    notifier.status("3 subjects")
    notifier.stopping()

    heard = [systemd.recv(200).decode() for _ in range(4)]
    assert heard == ["READY=1\nSTATUS=door secured", "WATCHDOG=1", "STATUS=3 subjects", "STOPPING=1"]


def test_a_status_of_two_lines_cannot_forge_a_word_to_systemd(systemd: socket.socket) -> None:
    Notifier(environment(systemd)).status("fine\nMAINPID=1")

    assert systemd.recv(200) == b"STATUS=fine MAINPID=1"


def test_the_door_waits_for_no_systemd_that_has_stopped_listening(systemd: socket.socket) -> None:
    notifier = Notifier(environment(systemd))
    for _ in range(10_000):
        notifier.watchdog()

    systemd.close()
    notifier.watchdog()


def test_without_systemd_every_word_falls_silent() -> None:
    notifier = Notifier({"WATCHDOG_USEC": "30000000"})
    notifier.ready()
    notifier.stopping()

    assert notifier.ping_every is None


def test_the_watchdog_is_fed_at_twice_the_pace_it_asks_for(systemd: socket.socket) -> None:
    mine = environment(systemd, WATCHDOG_USEC="30000000", WATCHDOG_PID=str(os.getpid()))
    assert Notifier(mine).ping_every == 15_000
    assert Notifier(mine | {"WATCHDOG_PID": "1"}).ping_every is None
    assert Notifier(mine | {"WATCHDOG_USEC": "soon"}).ping_every is None
    assert Notifier(environment(systemd)).ping_every is None


def test_the_system_clock_runs_forward_in_milliseconds() -> None:
    clock = SystemClock()
    first, second = clock.now(), clock.now()

    assert first <= second < first + 10_000
    assert clock.utc_ms() > 1_700_000_000_000
