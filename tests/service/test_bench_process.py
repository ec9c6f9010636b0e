"""A daemon is measured once it sees, on a film in memory; one that never does ends the measurement."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_gate.errors import DaemonUnreachable
from edge_gate.service.bench_process import await_sight, in_memory
from edge_gate.service.control import ControlServer
from edge_gate.service.loops import Inbox


@pytest.fixture
def daemon() -> Iterator[subprocess.Popen[bytes]]:
    """One that stays until it is told to go, and says nothing."""
    waits = [sys.executable, "-c", "input()"]
    with subprocess.Popen(waits, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        yield process


@pytest.fixture
def frames(tmp_path: Path) -> Iterator[list[int]]:
    """How many pictures it says at its control socket to have seen, each time it is asked."""
    told = [0]

    def status() -> dict[str, object]:
        return {"frames": told.pop(0) if len(told) > 1 else told[0]}

    server = ControlServer(tmp_path / "control.sock", "", Inbox(), status)
    server.start()
    yield told
    server.close()


def test_a_daemon_is_waited_for_until_it_has_seen_a_picture(
    tmp_path: Path, daemon: subprocess.Popen[bytes], frames: list[int]
) -> None:
    frames[:] = [0, 0, 1]
    await_sight(tmp_path / "control.sock", daemon)
    assert frames == [1]


def test_a_daemon_that_sees_nothing_is_not_waited_for_for_ever(
    tmp_path: Path, daemon: subprocess.Popen[bytes], frames: list[int]
) -> None:
    with pytest.raises(DaemonUnreachable, match="has seen no picture in 0 s"):
        await_sight(tmp_path / "control.sock", daemon, patience_s=0)
    assert frames == [0]


def test_a_daemon_that_listens_nowhere_is_not_waited_for_for_ever(
    tmp_path: Path, daemon: subprocess.Popen[bytes]
) -> None:
    with pytest.raises(DaemonUnreachable, match="has seen no picture"):
        await_sight(tmp_path / "control.sock", daemon, patience_s=0)


def test_a_daemon_that_ends_before_it_sees_is_not_waited_for(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "raise SystemExit(10)"]) as ended:
        ended.wait()
        with pytest.raises(DaemonUnreachable, match="ended with code 10"):
            await_sight(tmp_path / "control.sock", ended)


def test_films_are_kept_in_memory_where_there_is_room(tmp_path: Path) -> None:
    assert in_memory(tmp_path, film=1) == tmp_path
    assert in_memory(tmp_path, film=1 << 60) is None
    assert in_memory(tmp_path / "nowhere") is None
