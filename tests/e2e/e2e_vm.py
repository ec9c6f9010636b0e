"""A door on a real kernel: camera through V4L2; relay, button and switch through the GPIO character device.

One board, one story: the tests run in the order they are written in. Levels are read from the kernel's side
of the line; durations are the board's own (`machine.Board`). Figures go to `board.txt` in the cache.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import footage
import pytest
from lending import assert_light, bundle, lent, noted
from machine import Board, cache, do, wait_until
from walk import SHELL, Walk

ANSWERS = """raspberry-pi
v4l2:/dev/video0
17
22
27
strike
face
0.001
mobilefacenet
/host/models"""
"""To the questions of `edge-gate init`, in their order."""
UNIT = "edge-gate.service"
HEADER = "/sys/devices/platform/gpio-sim.0/gpiochip0"
STRIKE, POSITION, REX = f"{HEADER}/sim_gpio17/value", f"{HEADER}/sim_gpio22/pull", f"{HEADER}/sim_gpio27/pull"
PERSIST = "/sys/module/gpio_sim/parameters/persist_gpio_outputs"

pytestmark = pytest.mark.skipif(
    not footage.CLIP.exists(),
    reason=f"the clip and the liveness models are not ours to ship, and {footage.SHARED} is missing",
)


@pytest.fixture(scope="module")
def bundled() -> Path:
    footage.written(lent() / "footage")
    models = lent() / "models"
    models.mkdir(exist_ok=True)
    for model in (footage.SHARED / "models").glob("*.onnx"):
        shutil.copy(model, models)
    return bundle("aarch64")


@pytest.fixture(scope="module")
def board(bundled: Path) -> Iterator[Board]:
    assert bundled
    folder = cache() / "board"
    shutil.rmtree(folder, ignore_errors=True)
    (cache() / "board.txt").unlink(missing_ok=True)
    with Board(folder, lent()) as emulated:
        yield emulated


def show(board: Board, stretch: str) -> None:
    do(board, f"ln -sfn /host/footage/{stretch} /run/scene")


def wait_for(board: Board, event: str) -> None:
    """Wait for a journal line with that event, written since `from_now`; for a minute of the board's time."""
    lines = f"journalctl -u {UNIT} -b --output=cat --no-pager --follow --since=@$(cat /run/asked)"
    do(board, f"timeout 60 grep -m1 ' {event}' < <({lines})")


def from_now(board: Board) -> None:
    do(board, "date +%s >/run/asked")


def driven_high(board: Board) -> str:
    """Every order to drive a line high since the header came up."""
    return do(board, "grep -v '^#' /sys/kernel/tracing/trace || true")


def forget(board: Board) -> None:
    do(board, "echo >/sys/kernel/tracing/trace")


def level(board: Board) -> str:
    return do(board, f"cat {STRIKE}")


def released_for(board: Board) -> float:
    """Seconds from the strike's next release to its end, on the board's clock."""
    watch = (
        f"until [ $(cat {STRIKE}) = 1 ]; do sleep .02; done; from=${{EPOCHREALTIME/./}};"
        f" while [ $(cat {STRIKE}) = 1 ]; do sleep .02; done; echo $((${{EPOCHREALTIME/./}} - from))"
    )
    return int(do(board, watch)) / 1e6


def shut_the_door(board: Board) -> None:
    do(board, f"echo pull-down >{POSITION}")


@pytest.fixture(scope="module")
def walk(board: Board) -> Walk:
    return Walk(board)


def test_a_technician_installs_it_without_a_network(board: Board, walk: Walk) -> None:
    assert do(board, "ip -o link | grep -vc ': lo:' || true") == "0"

    walk.type("tar -xf")
    said = walk.type("install.sh")

    assert "installed. Next: sudo edge-gate init" in said


def test_a_technician_answers_a_few_questions(board: Board, walk: Walk) -> None:
    assert "is written" in walk.type("edge-gate init", keys=ANSWERS)

    shut_the_door(board)
    walk.type("boot-config")

    assert "gpio=17=op,pd,dl" in do(board, "cat /boot/firmware/config.txt")
    assert "persist_gpio_outputs=n" in do(board, "cat /proc/cmdline")
    assert do(board, f"cat {PERSIST}") == "N"
    shut_the_door(board)
    wait_until(board, f"systemctl is-active {UNIT}", 60)
    assert level(board) == "0"


def test_the_doctor_finds_nothing_to_mend(walk: Walk) -> None:
    said = walk.type("edge-gate doctor")

    noted("board", said)
    assert {line.split()[0] for line in said.splitlines()} == {"OK"}


def test_a_technician_enrols_somebody_before_the_camera(board: Board, walk: Walk) -> None:
    walk.type("systemctl stop")
    show(board, "a")

    said = walk.type("edge-gate enrol")

    show(board, "nobody")
    assert "Ada Lovelace: enrolled, 3 templates" in said
    walk.type("systemctl start")
    # The header's resistors are the simulated switch: whoever claims the line sets them anew.
    shut_the_door(board)


def test_a_technician_commissions_the_door(board: Board, walk: Walk) -> None:
    def press() -> None:
        do(board, f"echo pull-down >{REX}; sleep .5; echo pull-up >{REX}")

    def open_and_close() -> None:
        do(board, f"echo pull-up >{POSITION}; sleep 1; echo pull-down >{POSITION}")

    person = {
        "open it, then close it": open_and_close,
        "Press the exit button": press,
        "Stand before the camera": lambda: show(board, "a"),
        "Hold up a photograph": lambda: show(board, "print"),
    }
    said = walk.type("edge-gate commission", keys="y\ny", does=person)

    show(board, "nobody")
    noted("board", said)
    assert "commissioned" in said
    assert "unaltered" in do(board, f"{SHELL} edge-gate commission --verify door.html")
    for line in walk.finished():
        noted("board", line)


def test_only_its_own_devices_can_be_opened(board: Board) -> None:
    def status(device: str) -> int:
        properties = "-p DevicePolicy=closed -p User=edge_gate"
        shown = do(board, f"systemctl show -p DeviceAllow --value {UNIT}")
        allow = " ".join(f"-p 'DeviceAllow={line}'" for line in shown.split("\n"))
        return board.run(f"systemd-run -q --wait --pipe {properties} {allow} sh -c ': <{device}'").status

    assert status("/dev/gpiochip0") == 0
    assert status("/dev/video0") == 0
    assert status("/dev/vda") != 0


def test_a_stranger_stays_outside(board: Board) -> None:
    do(board, "sleep 6")
    forget(board)
    from_now(board)
    show(board, "b")

    wait_for(board, "access_denied")

    show(board, "nobody")
    assert driven_high(board) == ""


def test_a_print_of_somebody_known_stays_outside(board: Board) -> None:
    from_now(board)
    show(board, "print")

    wait_for(board, "liveness_failed")

    show(board, "nobody")
    assert driven_high(board) == ""


def test_somebody_known_releases_the_strike_for_the_unlock_time(board: Board) -> None:
    show(board, "a")

    seconds = released_for(board)

    show(board, "nobody")
    noted("board", f"the strike was released for {seconds:.2f} s")
    assert 4.8 <= seconds <= 5.3, f"released for {seconds} s where unlock_ms is 5000"
    assert level(board) == "0"


def test_the_button_inside_releases_the_strike(board: Board) -> None:
    do(board, f"(sleep 1; echo pull-down >{REX}; sleep .5; echo pull-up >{REX}) >/dev/null 2>&1 &")

    assert 4.8 <= released_for(board) <= 5.8


def test_a_door_that_opens_by_itself_raises_the_alarm(board: Board) -> None:
    do(board, "sleep 6")
    forget(board)
    from_now(board)
    do(board, f"echo pull-up >{POSITION}")

    wait_for(board, "door_forced")

    assert driven_high(board) == ""
    shut_the_door(board)


def test_it_is_no_heavier_than_it_says(board: Board) -> None:
    assert_light(board, UNIT, "board")


@pytest.mark.parametrize(("persists", "limit_ms"), [("N", 100), ("Y", 1000)])
def test_the_line_falls_when_the_daemon_is_killed_in_the_middle_of_a_grant(
    board: Board, persists: str, limit_ms: int
) -> None:
    do(board, f"echo {persists} >{PERSIST}")
    wait_until(board, f"systemctl is-active {UNIT}", 60)
    shut_the_door(board)
    pid = do(board, f"systemctl show --value -p MainPID {UNIT}")
    do(board, "edge-gate door unlock")
    wait_until(board, f"[ $(cat {STRIKE}) = 1 ]", 5)

    # Counted from before the signal. The wait between two looks starts no process: the board has one core.
    fell = do(
        board,
        f"exec 9<> <(:); [ $(cat {STRIKE}) = 1 ] || exit; from=${{EPOCHREALTIME/./}}; kill -KILL {pid};"
        f" while read -r high <{STRIKE}; [ $high = 1 ]; do read -rt .005 -u 9 || :; done;"
        " echo $((${EPOCHREALTIME/./} - from))",
    )

    # N is what boot-config sets; Y, a Raspberry Pi's default, leaves it to ExecStopPost=.
    noted("board", f"killed in a grant, persist_gpio_outputs={persists}: low after {int(fell) / 1000:.0f} ms")
    assert int(fell) / 1000 < limit_ms
    wait_until(board, f"systemctl is-active {UNIT}", 60)
    assert level(board) == "0"


def test_after_a_power_cut_in_the_middle_of_a_grant_the_line_is_never_high(board: Board) -> None:
    shut_the_door(board)
    do(board, "edge-gate door unlock")
    wait_until(board, f"[ $(cat {STRIKE}) = 1 ]", 5)

    board.cut_power()
    board.power_on()

    wait_until(board, f"systemctl is-active {UNIT}", 60)
    assert driven_high(board) == ""
    assert level(board) == "0"


def test_the_journal_survives_the_power_cut(board: Board) -> None:
    assert board.run("edge-gate journal verify").status == 0
