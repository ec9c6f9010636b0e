"""Machines for the end-to-end tests: a booted Debian one can type commands into.

`Container` is `systemd-nspawn --boot`: this kernel, a real systemd, seconds. `Board` is an emulated
Cortex-A72 with its own Debian kernel, a simulated Raspberry Pi header and a loopback camera.
"""

import base64
import os
import shlex
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

IMAGES = Path(__file__).parent / "images"
SUITE = os.environ.get("E2E_SUITE", "bookworm")
"""Debian's, as Raspberry Pi OS is named after it."""

PATIENCE_S = 1800
"""How long one command may take; an emulated machine may need a minute for a second of its own."""
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"


class MachineError(AssertionError):
    """The machine did not do what it was told."""


@dataclass(frozen=True)
class Outcome:
    """What a command left: its exit status, and its standard output and error together."""

    status: int
    output: str


class Machine(Protocol):
    """Something that runs Debian and takes commands as root."""

    def run(self, command: str) -> Outcome:
        """Run `command` in bash; any exit status is an outcome."""

    def power_off(self) -> None:
        """Leave nothing running."""


def do(machine: Machine, command: str) -> str:
    """The output of a command that must succeed."""
    outcome = machine.run(command)
    if outcome.status != 0:
        raise MachineError(f"`{command}` left {outcome.status}:\n{outcome.output}")
    return outcome.output.strip()


def wait_until(machine: Machine, command: str, seconds: float) -> None:
    """Wait until `command` succeeds in the machine, for at most `seconds` of the machine's own time."""
    loop = shlex.quote(f"until {command}; do sleep .2; done")
    do(machine, f"timeout {seconds} bash -c {loop}")


def built(script: str, *arguments: str) -> None:
    """Build what a machine is made of, or take it from the cache; needs root."""
    subprocess.run([IMAGES / script, *arguments], check=True)


def _do(command: str) -> None:
    subprocess.run(command.split(), check=True, capture_output=True)


def cache() -> Path:
    """Where built roots and disks are kept: the same place the build scripts use."""
    default = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "edge-gate-e2e" / SUITE
    return Path(os.environ.get("E2E_CACHE", default))


class Container:
    """A booted container on a root of its own, made from the cached tree.

    Args:
        folder: where its root goes; emptied first.
        lent: a folder the container sees, read only, as /host.
    """

    def __init__(self, folder: Path, lent: Path) -> None:
        built("root.sh", "amd64")
        self._root = folder / "root"
        shutil.rmtree(self._root, ignore_errors=True)
        self._root.mkdir(parents=True)
        subprocess.run(["tar", "-C", self._root, "-xpf", cache() / "root-amd64.tar"], check=True)
        nspawn = (
            f"systemd-nspawn --quiet --directory={self._root} --bind-ro={lent}:/host --boot --register=no"
            " --keep-unit --private-network --console=pipe"
        )
        # nspawn wants a /run of its own where the host's pid 1 is not systemd.
        with (folder / "console.txt").open("wb") as console:
            self._process = subprocess.Popen(
                ["unshare", "--mount", "sh", "-c", f"mount -t tmpfs tmpfs /run && exec {nspawn}"],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
            )
        self._init = self._child_of(self._process.pid)
        try:
            wait_until(self, "systemctl is-system-running | grep -Eq 'running|degraded'", seconds=300)
        except MachineError:
            self.power_off()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.power_off()

    @staticmethod
    def _child_of(pid: int) -> int:
        children = Path(f"/proc/{pid}/task/{pid}/children")
        for _ in range(600):
            for child in children.read_text().split():
                # nspawn has another child for a moment, which makes this one.
                with suppress(FileNotFoundError):
                    if Path(f"/proc/{child}/comm").read_text() == "systemd\n":
                        return int(child)
            time.sleep(0.1)
        raise MachineError("systemd-nspawn started nothing: see console.txt")

    def run(self, command: str) -> Outcome:
        """As `Machine.run`."""
        inside = f"nsenter --target={self._init} -m -u -i -n -p -C env -i HOME=/root {PATH}"
        ran = subprocess.run(
            [*inside.split(), "bash", "-c", command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE_S,
            check=False,
            start_new_session=True,
        )
        return Outcome(ran.returncode, ran.stdout)

    def power_off(self) -> None:
        """As `Machine.power_off`: systemd's own orderly halt (SIGRTMIN+4)."""
        if self._process.poll() is None:
            os.kill(self._init, signal.SIGRTMIN + 4)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


class Board:
    """An emulated aarch64 board that calls itself a Raspberry Pi 4.

    Args:
        folder: where its disk (an overlay on the cached one) and console go. A disk there is used again.
        lent: a folder the board sees, read only, as /host.
    """

    def __init__(self, folder: Path, lent: Path) -> None:
        built("disk.sh")
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._lent = folder, lent
        disk = folder / "disk.qcow2"
        if not disk.exists():
            _do(f"qemu-img create -q -f qcow2 -b {cache()}/disk.img -F raw {disk}")
        self._asked, self._cmdline = 0, ""
        self.power_on()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.power_off()

    def restart(self) -> None:
        """Shut down, and start as the firmware does: with the kernel's words from cmdline.txt."""
        self._cmdline = do(self, "cat /boot/firmware/cmdline.txt")
        self.power_off()
        self.power_on()

    def power_on(self) -> None:
        """Boot, and wait for the shell."""
        here, made = self._folder, cache()
        # One instruction is one nanosecond of the board's own time: slower than a Raspberry Pi 4, but however
        # slow this emulation is, the unit's own time limits mean what they say.
        board = "-cpu cortex-a72 -m 1024 -icount shift=0"
        tree = here / "board.dtb"
        _do(f"qemu-system-aarch64 -M virt,gic-version=3,dumpdtb={tree} {board}")
        _do(f"fdtput -r {tree} /pl061@9030000 /gpio-keys")
        _do(f"fdtput -p -t x {tree} /system linux,revision c03112")
        subprocess.run(
            ["fdtput", "-t", "s", tree, "/", "model", "Raspberry Pi 4 Model B Rev 1.2"], check=True
        )
        near, far = socket.socketpair()
        arguments = (
            f"qemu-system-aarch64 -M virt,gic-version=3 {board} -display none -monitor none -nic none"
            f" -dtb {tree} -kernel {made}/kernel/vmlinuz -initrd {made}/kernel/initrd.img"
            f" -drive file={here}/disk.qcow2,if=none,id=card -device virtio-blk-pci,drive=card"
            f" -virtfs local,path={self._lent},mount_tag=host,security_model=none,readonly=on"
            f" -chardev socket,id=hand,fd={far.fileno()} -device virtio-serial-pci"
            f" -device virtserialport,chardev=hand,name=shell -device virtio-rng-pci"
            f" -device i6300esb -rtc clock=vm -serial file:{here}/console.txt"
        ).split()
        arguments += ["-append", f"console=ttyAMA0 {self._cmdline}"]
        self._process = subprocess.Popen(arguments, pass_fds=[far.fileno()], stdin=subprocess.DEVNULL)
        far.close()
        self._hand, self._unread = near, b""
        self.run("true")

    def run(self, command: str) -> Outcome:
        """As `Machine.run`."""
        self._asked += 1
        self._hand.settimeout(PATIENCE_S)
        self._hand.sendall(f"{self._asked} {base64.b64encode(command.encode()).decode()}\n".encode())
        while True:
            while b"\n" not in self._unread:
                try:
                    more = self._hand.recv(65536)
                except TimeoutError:
                    raise MachineError(f"no answer within {PATIENCE_S} s: `{command}`") from None
                if not more:
                    raise MachineError(f"the board went away during `{command}`")
                self._unread += more
            line, self._unread = self._unread.split(b"\n", 1)
            number, status, *output = line.split()
            if int(number) == self._asked:
                return Outcome(int(status), base64.b64decode(b"".join(output)).decode(errors="replace"))

    def cut_power(self) -> None:
        """Gone, from one instruction to the next."""
        self._process.kill()
        self._process.wait()
        self._hand.close()

    def power_off(self) -> None:
        """As `Machine.power_off`."""
        if self._process.poll() is None:
            self._hand.sendall(b"0 " + base64.b64encode(b"systemctl poweroff") + b"\n")
            try:
                self._process.wait(300)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._hand.close()
