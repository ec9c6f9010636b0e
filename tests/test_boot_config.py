"""What a Raspberry Pi is told before Linux runs, on a copy of its boot partition."""

import subprocess
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[1] / "deploy" / "boot-config"
CONFIG = "dtparam=audio=on\n[cm5]\ndtoverlay=dwc2\n"
CMDLINE = "console=tty1 root=PARTUUID=0-02 rootfstype=ext4 cgroup_enable=memory rootwait\n"


@pytest.fixture
def board(tmp_path: Path) -> Path:
    boot = tmp_path / "boot" / "firmware"
    boot.mkdir(parents=True)
    (boot / "config.txt").write_text(CONFIG)
    (boot / "cmdline.txt").write_text(CMDLINE)
    return tmp_path


def configured(board: Path, *arguments: str) -> str:
    ran = subprocess.run(
        [TOOL, "--root", board, *arguments], capture_output=True, text=True, check=True, timeout=30
    )
    return ran.stdout


def boot(board: Path, name: str) -> str:
    return (board / "boot" / "firmware" / name).read_text()


def test_the_strike_is_low_from_power_on_on_every_model(board: Path) -> None:
    configured(board)

    last_section = boot(board, "config.txt").rpartition("[all]")[2].splitlines()
    assert "gpio=17=op,pd,dl" in last_section
    assert "dtparam=watchdog=on" in last_section


def test_the_strike_pin_is_the_one_of_this_door(board: Path) -> None:
    site = board / "etc" / "edge_gate"
    site.mkdir(parents=True)
    (site / "edge_gate.toml").write_text("[door]\nstrike_pin = 22  # the relay of the side door\n")

    configured(board)

    assert "gpio=22=op,pd,dl" in boot(board, "config.txt")


def test_a_dead_process_lets_its_lines_go(board: Path) -> None:
    configured(board)

    words = boot(board, "cmdline.txt")
    assert words.count("\n") == 1, "the kernel reads one line"
    assert {"pinctrl_bcm2835.persist_gpio_outputs=n", "pinctrl_rp1.persist_gpio_outputs=n"} <= set(
        words.split()
    )


def test_asking_twice_changes_nothing_twice(board: Path) -> None:
    assert "restart the board" in configured(board)
    once = boot(board, "config.txt"), boot(board, "cmdline.txt")

    assert "as it should be" in configured(board)

    assert (boot(board, "config.txt"), boot(board, "cmdline.txt")) == once


def test_removal_leaves_the_partition_as_it_was_found(board: Path) -> None:
    configured(board)

    configured(board, "--remove")

    assert (boot(board, "config.txt"), boot(board, "cmdline.txt")) == (CONFIG, CMDLINE)


def test_a_computer_that_is_no_raspberry_pi_is_left_alone(tmp_path: Path) -> None:
    assert "nothing to set" in configured(tmp_path)
