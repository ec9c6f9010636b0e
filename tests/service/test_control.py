"""The control socket: who may speak to the door, and what a bad word does to it."""

import grp
import os
import shutil
import socket
import stat
import subprocess
import tempfile
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_gate.access.door import Free, Lockdown, Secure, Unlock
from edge_gate.access.gate import Forgive
from edge_gate.devices.clock import SystemClock
from edge_gate.errors import ConfigError, DaemonUnreachable
from edge_gate.service.control import LONGEST, ControlServer, ask
from edge_gate.service.keeper import Ordered
from edge_gate.service.loops import Inbox


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def path(tmp_path: Path, inbox: Inbox) -> Iterator[Path]:
    path = tmp_path / "control.sock"
    server = ControlServer(path, "", inbox, lambda: {"state": "secured"})
    server.start()
    yield path
    server.close()


def tell(path: Path, words: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(10)
        client.connect(str(path))
        client.sendall(words)
        client.shutdown(socket.SHUT_WR)
        return client.recv(LONGEST)


def test_an_order_reaches_the_door_with_the_user_the_kernel_names(path: Path, inbox: Inbox) -> None:
    ask(path, "unlock", "parcel")
    (order,) = inbox.received(1_000)
    assert isinstance(order, Ordered)
    assert order.asks == Unlock()
    assert (order.user, order.reason) == (Path.home().owner(), "parcel")


def test_a_picture_leaves_the_daemon_only_where_it_may(tmp_path: Path, path: Path, inbox: Inbox) -> None:
    with pytest.raises(DaemonUnreachable, match=r"control\.pictures is false"):
        ask(path, "picture")

    allowed = ControlServer(tmp_path / "allowed.sock", "", inbox, dict, lambda: bytes(200_000))
    allowed.start()
    assert b64decode(str(ask(tmp_path / "allowed.sock", "picture")["picture"])) == bytes(200_000)
    allowed.close()
    assert not inbox.received(0)


def test_secure_is_an_order_and_status_is_none(path: Path, inbox: Inbox) -> None:
    assert ask(path, "status")["state"] == "secured"
    ask(path, "secure")
    (order,) = inbox.received(1_000)
    assert isinstance(order, Ordered)
    assert order.asks == Secure()


@pytest.mark.parametrize(
    "words",
    [
        b"open sesame\n",
        b'{"command": "explode"}\n',
        b'{"command": "unlock", "for": 1}\n',
        b"{" * 2 * LONGEST,
        b"",
        b"\xff\xfe\n",
    ],
)
def test_a_bad_word_orders_nothing_and_the_next_one_is_heard(path: Path, inbox: Inbox, words: bytes) -> None:
    try:
        answer = tell(path, words)
    except OSError:
        answer = b'"ok":false'  # hung up on: as good as refused
    assert b'"ok":false' in answer
    assert not inbox.received(0)
    assert ask(path, "status")["ok"] is True


def test_a_client_that_hangs_up_without_a_word_does_no_harm(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
    assert ask(path, "status")["ok"] is True


def test_without_a_group_nobody_but_the_owner_may_connect(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_member_of_the_group_commands_the_door_and_nobody_else_does(inbox: Inbox) -> None:
    python = shutil.which("python3", path="/usr/bin")
    if os.getuid() or not python:
        pytest.skip("needs root and the system's own Python, to speak as somebody else")
    member, stranger, group = 61_001, 61_002, grp.getgrgid(os.getgid())
    socket_of = Path(tempfile.mkdtemp(prefix="edge-gate-", dir="/tmp"))
    socket_of.chmod(0o755)
    server = ControlServer(socket_of / "c.sock", group.gr_name, inbox, lambda: {"state": "secured"})
    server.start()
    words = "import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]);"
    words += 's.sendall(b\'{"command": "unlock"}\\n\'); s.recv(100)'

    def says(user: int, groups: list[int]) -> int:
        command = [python, "-S", "-c", words, str(socket_of / "c.sock")]
        speaking = {"user": user, "group": user, "extra_groups": groups, "cwd": "/"}
        return subprocess.run(command, capture_output=True, check=False, **speaking).returncode  # type: ignore[call-overload, no-any-return]

    assert says(stranger, []) != 0
    assert not inbox.received(0)
    assert says(member, [group.gr_gid]) == 0
    (order,) = inbox.received(1_000)
    assert isinstance(order, Ordered)
    assert order.user == "uid 61001"
    server.close()
    shutil.rmtree(socket_of)


def test_a_group_that_does_not_exist_is_refused(tmp_path: Path, inbox: Inbox) -> None:
    with pytest.raises(ConfigError, match="no group 'doormen'"):
        ControlServer(tmp_path / "c.sock", "doormen", inbox, dict)


def test_a_socket_left_behind_by_a_dead_daemon_is_replaced(tmp_path: Path, inbox: Inbox) -> None:
    left = tmp_path / "c.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(left))
    with pytest.raises(DaemonUnreachable):
        ask(left, "status")
    server = ControlServer(left, "", inbox, dict)
    server.start()
    assert ask(left, "status")["ok"] is True
    server.close()


def test_modes_and_forgiveness_are_orders(path: Path, inbox: Inbox) -> None:
    before = SystemClock().now()
    ask(path, "lockdown", "drill")
    ask(path, "free")
    ask(path, "free", ms=60_000)
    ask(path, "forgive", name="ada")
    ask(path, "forgive")
    orders = [order for order in inbox.received(1_000) if isinstance(order, Ordered)]
    assert [order.command for order in orders] == ["lockdown", "free", "free", "forgive", "forgive"]
    lockdown, free, timed, ada, everybody = (order.asks for order in orders)
    assert (lockdown, free, ada, everybody) == (Lockdown(), Free(), Forgive("ada"), Forgive())
    assert isinstance(timed, Free)
    assert timed.until is not None
    assert before + 60_000 <= timed.until <= SystemClock().now() + 60_000
