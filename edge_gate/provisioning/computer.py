"""Is the computer fit to keep a door? Needs no native library itself, so it can say which is broken."""

import grp
import re
import secrets
import stat
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from edge_gate.config import Settings
from edge_gate.provisioning.finding import Finding, fail, ok, warn
from edge_gate.provisioning.machine import Machine

USER = "edge_gate"
UNIT = "edge-gate.service"
WRITTEN = datetime(2026, 11, 1, tzinfo=UTC)
"""No right clock is earlier than this software."""

DRIFT_S = 60
"""How far the system's clock may be from the board's real-time clock."""

SCARCE, SPENT = 500_000_000, 50_000_000
"""Free bytes below which somebody should know, and below which records will soon be lost."""

WARM, HOT = 70, 80
"""Degrees Celsius; a Raspberry Pi slows itself down from 80 on (raspberrypi.com, frequency management)."""

_IMPORTS = """
import importlib, sys
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except BaseException as error:
        print(name, "does not load:", str(error).strip().splitlines()[0])
        sys.exit(1)
"""

_THROTTLED = {
    0: "the supply is too weak now",
    1: "the processor's speed is capped now",
    2: "the processor is throttled now",
    3: "the processor is at its soft temperature limit now",
    16: "the supply was too weak since the start",
    17: "the processor's speed was capped since the start",
    18: "the processor was throttled since the start",
    19: "the processor was at its soft temperature limit since the start",
}
"""Bits of `vcgencmd get_throttled` (raspberrypi.com, vcgencmd)."""


def libraries(settings: Settings, machine: Machine) -> Iterator[Finding]:
    """Do the native libraries load? Tried in a process of its own: some crash rather than complain."""
    needed = ["numpy", "cv2", "onnxruntime", "cryptography"]
    if settings.door.hardware == "gpio":
        needed += ["gpiozero", "lgpio"]
    if settings.camera.source == "picamera2":
        needed.append("picamera2")
    code, said = machine.run([sys.executable, "-c", _IMPORTS, *needed])
    if code == 0:
        yield ok("libraries", f"{', '.join(needed)} load")
        return
    lines = said.strip().splitlines()
    broken = lines[-1] if lines else f"loading them ended with code {code}"
    apt = next((name for name in ("lgpio", "picamera2") if broken.startswith(name)), "")
    yield fail(
        "libraries",
        broken,
        f"`sudo apt install python3-{apt}`, then run deploy/install.sh again"
        if apt
        else "Run deploy/install.sh again: it keeps pip's numpy and apt's apart",
    )


def clock(_: Settings, machine: Machine) -> Iterator[Finding]:
    """Is the wall clock right? The journal's times and the schedules stand on it."""
    now = machine.utc()
    said = machine.run(["timedatectl", "show", "--property=NTPSynchronized", "--value"]).out.strip()
    if now < WRITTEN:
        yield fail(
            "clock", f"it says {now:%Y-%m-%d}", "Set it: `sudo timedatectl set-time 'YYYY-MM-DD HH:MM'`"
        )
    elif said == "yes":
        yield ok("clock", f"synchronised, {now:%Y-%m-%d %H:%M} UTC")
    elif _kept_by_the_board(now, machine):
        yield ok("clock", f"the board's real-time clock keeps it, {now:%Y-%m-%d %H:%M} UTC")
    else:
        yield warn(
            "clock",
            f"it says {now:%Y-%m-%d %H:%M} UTC and is not synchronised",
            "Without a network: fit the real-time clock's battery (Pi 5) or a clock module, and set it once",
        )


def _kept_by_the_board(now: datetime, machine: Machine) -> bool:
    """Whether the clock was set from a real-time clock at the start, and still agrees with it."""
    kept = machine.text("sys/class/rtc/rtc0/since_epoch")
    set_from_it = machine.text("sys/class/rtc/rtc0/hctosys") == "1"
    return set_from_it and kept.isdecimal() and abs(int(kept) - now.timestamp()) < DRIFT_S


def disk(settings: Settings, machine: Machine) -> Iterator[Finding]:
    """Is there room for the journal, and may it be written?"""
    state = Path(settings.store.state)
    if not state.is_dir():
        yield fail("disk", f"{state} is not there", "Run deploy/install.sh, or check store.state")
        return
    trial = state / f".trial.{secrets.token_hex(8)}"
    try:
        free = machine.free(state)
        trial.write_bytes(b"")
        trial.unlink()
    except OSError as error:
        yield fail(
            "disk",
            f"{state} cannot be written ({error.strerror})",
            "Run this with sudo; replace a card that went read-only",
        )
        return
    room = f"{free // 1_000_000} MB free at {state}"
    remedy = "Free some: `journalctl --vacuum-size=50M`, `apt clean`, `edge-gate retention`"
    if free < SPENT:
        yield fail("disk", room, remedy)
    else:
        yield warn("disk", room, remedy) if free < SCARCE else ok("disk", room)


def permissions(settings: Settings, machine: Machine, config: Path | None) -> Iterator[Finding]:
    """May the service use what it needs, and nobody else what is private?"""
    state = Path(settings.store.state)
    if state.is_dir() and (mode := stat.S_IMODE(state.stat().st_mode)) & 0o077:
        yield fail(
            "permissions", f"{state} has mode {mode:04o}: others may look in", f"`sudo chmod 700 {state}`"
        )
    if settings.door.hardware != "gpio":
        yield ok("permissions", "a trial: the service's user is not asked for")
        return
    code, said = machine.run(["id", "--name", "--groups", USER])
    if code:
        yield fail("permissions", f"there is no user {USER}", "Run deploy/install.sh")
        return
    groups = set(said.split())
    wanted = {"gpio", "video"} if re.match("picamera2|v4l2:", settings.camera.source) else {"gpio"}
    if missing := sorted(wanted - groups):
        yield fail(
            "permissions",
            f"the user {USER} is not in the group {' and '.join(missing)}",
            f"`sudo usermod --append --groups {','.join(missing)} {USER}`, then restart the service",
        )
    elif config and not _readable(config, groups):
        yield fail(
            "permissions",
            f"the user {USER} may not read {config}",
            f"`sudo chgrp {USER} {config} && sudo chmod 640 {config}`",
        )
    else:
        yield ok("permissions", f"{USER} is in {', '.join(sorted(wanted))}; {state} is private")


def service(settings: Settings, machine: Machine) -> Iterator[Finding]:
    """Does systemd keep the service, and watch it?"""
    asked = "LoadState,UnitFileState,ActiveState,Result,NRestarts,WatchdogUSec"
    code, said = machine.run(["systemctl", "show", UNIT, f"--property={asked}"])
    told = dict(line.partition("=")[::2] for line in said.splitlines())
    loaded, active = told.get("LoadState", ""), told.get("ActiveState", "")
    if settings.door.hardware != "gpio" and (code or loaded == "not-found"):
        yield ok("service", "a trial: no service is installed")
        return
    if code or loaded != "loaded":
        remedy = f"`sudo systemctl unmask {UNIT}`" if loaded == "masked" else "Run deploy/install.sh"
        yield fail("service", f"the unit is {loaded or 'not to be asked for'}", remedy)
        return
    restarts = int(told.get("NRestarts") or 0)
    if active == "failed":
        yield fail("service", f"it failed: {told.get('Result')}", "`journalctl -u edge-gate -n 50` says why")
    elif told.get("UnitFileState") not in {"enabled", "static"}:
        yield fail("service", "it will not start with the board", f"`sudo systemctl enable {UNIT}`")
    elif told.get("WatchdogUSec") in {None, "", "0", "infinity"}:
        yield fail(
            "service", "systemd does not watch it: WatchdogSec= is not set", "Run deploy/install.sh again"
        )
    elif restarts:
        yield warn(
            "service", f"{active}, started again {restarts} times", "`journalctl -u edge-gate` says why"
        )
    else:
        yield ok("service", f"{active}, starts with the board, watched")


def board(settings: Settings, machine: Machine) -> Iterator[Finding]:
    """A Raspberry Pi's own matters: boot configuration, watchdog, supply, temperature."""
    if not machine.raspberry_pi:
        yield ok("board", "not a Raspberry Pi: nothing of its own to look at")
        return
    yield from _boot(settings, machine)
    if machine.text("sys/class/watchdog/watchdog0/state") == "active":
        seconds = machine.text("sys/class/watchdog/watchdog0/timeout")
        yield ok("watchdog", f"armed: a kernel that hangs is reset after {seconds} s")
    else:
        yield fail(
            "watchdog",
            "the board's watchdog is not armed: a kernel that hangs stays hung",
            "Run deploy/install.sh, then `sudo reboot`",
        )
    yield from _power(machine)
    degrees = int(machine.text("sys/class/thermal/thermal_zone0/temp") or 0) // 1000
    if degrees < WARM:
        yield ok("temperature", f"{degrees} °C")
    else:
        finding = fail if degrees >= HOT else warn
        yield finding("temperature", f"{degrees} °C", "Give the housing air, or the processor a heat sink")


def _boot(settings: Settings, machine: Machine) -> Iterator[Finding]:
    if settings.door.hardware != "gpio":
        return
    remedy = "`sudo /opt/edge_gate/current/boot-config`, then `sudo reboot`"
    if "persist_gpio_outputs=n" not in machine.text("proc/cmdline"):
        yield fail(
            "kernel parameter",
            "the kernel keeps a dead process's lines as they were: persist_gpio_outputs",
            remedy,
        )
    else:
        yield ok("kernel parameter", "a line is let go when its program dies")
    text = machine.text("boot/firmware/config.txt") or machine.text("boot/config.txt")
    wanted = f"gpio={settings.door.strike_pin}=op,pd,dl"
    if wanted in text.split():
        yield ok("boot configuration", f"the strike's line is low from power-on ({wanted})")
    else:
        yield fail("boot configuration", f"config.txt does not say {wanted}", remedy)


def _power(machine: Machine) -> Iterator[Finding]:
    code, said = machine.run(["vcgencmd", "get_throttled"])
    match = re.search(r"throttled=0x([0-9a-fA-F]+)", said)
    if code or not match:
        yield warn(
            "power", "`vcgencmd get_throttled` does not answer", "`sudo apt install libraspberrypi-bin`"
        )
        return
    bits = int(match[1], 16)
    told = [words for bit, words in _THROTTLED.items() if bits >> bit & 1]
    if not told:
        yield ok("power", "no under-voltage, no throttling since the start")
        return
    remedy = "Use the board's own power supply and a short cable; the lock has a supply of its own"
    finding = fail if bits & 1 else warn
    yield finding("power", "; ".join(told), remedy)


def _readable(path: Path, groups: set[str]) -> bool:
    known = path.stat()
    try:
        group = grp.getgrgid(known.st_gid).gr_name
    except KeyError:
        group = ""
    theirs = group in groups and known.st_mode & stat.S_IRGRP
    return bool(known.st_mode & stat.S_IROTH or theirs)
