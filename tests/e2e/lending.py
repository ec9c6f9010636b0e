"""What a machine is lent, read only, as /host: among it the bundle of this tree."""

import subprocess
from pathlib import Path

from machine import SUITE, Machine, cache, do

PYTHON = {"bookworm": "3.11", "trixie": "3.13"}[SUITE]
DEPLOY = Path(__file__).parents[2] / "deploy"


def lent() -> Path:
    """The folder that a machine sees as /host."""
    folder = cache() / "lent"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def bundle(arch: str) -> Path:
    """The offline bundle of this tree, made now; the path is the machine's."""
    for stale in (*lent().glob(f"edge-gate-*-{arch}.tar"), *lent().glob("edge-gate_*.deb")):
        stale.unlink()
    subprocess.run([DEPLOY / "make-bundle", "--arch", arch, "--python", PYTHON, lent()], check=True)
    (made,) = lent().glob(f"edge-gate-*-{arch}.tar")
    return Path("/host") / made.name


def noted(about: str, figures: str) -> None:
    """Write what was measured down for whoever ran this: the target prints it at its end."""
    with (cache() / f"{about}.txt").open("a") as book:
        book.write(figures + "\n")


def weight(machine: Machine, unit: str) -> tuple[str, int, int, float]:
    """What the installed service weighs: in words; megabytes on the disk, MiB of memory at most, seconds.

    At rest is now; at work is the most since its start. READY is counted from the start of its process.
    """
    installed = int(do(machine, "du -sm /opt/edge_gate | cut -f1"))
    pid = do(machine, f"systemctl show --value -p MainPID {unit}")
    memory = do(machine, f"sed -En 's/^Vm(RSS|HWM):[^0-9]*([0-9]+) kB/\\2/p' /proc/{pid}/status")
    most, now = (int(kib) // 1024 for kib in memory.split())
    stamps = "ExecMainStartTimestampMonotonic", "ActiveEnterTimestampMonotonic"
    started, ready = (int(do(machine, f"systemctl show --value -p {stamp} {unit}")) for stamp in stamps)
    seconds = (ready - started) / 1e6
    words = f"installed {installed} MB; memory {now} MiB now, {most} MiB at most; READY after {seconds:.1f} s"
    return words, installed, most, seconds


def assert_light(machine: Machine, unit: str, about: str) -> None:
    """It is no heavier, and no later, than its pages say; what it weighs is written down."""
    words, megabytes, mebibytes, seconds = weight(machine, unit)
    noted(about, words)
    assert megabytes < 480
    assert mebibytes < 256
    assert seconds < 30
