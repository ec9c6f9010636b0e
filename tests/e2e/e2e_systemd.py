"""A door's service under a real systemd: installed, hung, killed, upgraded, rolled back, removed.

One container, one story: the tests run in the order they are written in.
"""

import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from lending import assert_light, bundle, lent
from machine import Container, Machine, cache, do, wait_until

CONFIG = """
[camera]
source = "scene:/etc/edge_gate/quiet.scene"

[liveness]
waiver = "a photograph may open this door"

[door]
hardware = "simulated"

[store]
key = "/etc/edge_gate/gallery.key"
"""
QUIET = "nobody for 3600 s\n"
EVERYTHING = (
    "find / -xdev \\( -path /proc -o -path /sys -o -path /dev -o -path /run -o -path /tmp -o -path /host"
    " -o -path /var/log -o -path /var/tmp -o -path /var/cache -o -path /var/lib/systemd \\) -prune"
    " -o -not -name '*.pyc' -not -name __pycache__ -not -name '*-' -not -name '.updated' -print | sort"
)
UNIT = "edge-gate.service"


@pytest.fixture(scope="module")
def bundled() -> Path:
    return bundle("x86_64")


@pytest.fixture(scope="module")
def board() -> Iterator[Machine]:
    (cache() / "container.txt").unlink(missing_ok=True)
    with Container(cache() / "container", lent()) as container:
        yield container


@pytest.fixture(scope="module")
def clean(board: Machine) -> str:
    """Every file there is before anything is installed."""
    return do(board, EVERYTHING)


def shown(board: Machine, name: str) -> str:
    return do(board, f"systemctl show --value -p {name} {UNIT}")


def altered(bundled: Path, name: str, module: str, line: str) -> str:
    """A bundle like `bundled`, but with `line` at the end of one module: another release."""
    folder = lent() / name
    subprocess.run(["rm", "-rf", folder], check=True)
    folder.mkdir()
    tar = lent() / bundled.name
    subprocess.run(["tar", "-C", folder, "--strip-components=1", "-xf", tar], check=True)
    (wheel,) = folder.glob("wheels/edge_gate-*.whl")
    with zipfile.ZipFile(wheel) as whole:
        files = {info.filename: whole.read(info) for info in whole.infolist()}
    files[module] += f"\n{line}\n".encode()
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as changed:
        for filename, content in files.items():
            changed.writestr(filename, content)
    sums = "find . -type f ! -name SHA256SUMS -printf '%P\\0' | sort -z | xargs -0 sha256sum"
    made = subprocess.run(["sh", "-c", sums], cwd=folder, capture_output=True, check=True).stdout
    (folder / "SHA256SUMS").write_bytes(made)
    return f"/host/{name}"


def install(board: Machine, what: Path | str, *options: str) -> tuple[int, str]:
    """Unpack the installer from the first bundle, as a technician does, and run it."""
    outcome = board.run(f"/root/install/install.sh --offline {what} {' '.join(options)}")
    return outcome.status, outcome.output


def test_a_rehearsal_changes_nothing(board: Machine, bundled: Path, clean: str) -> None:
    do(board, f"mkdir -p /root/install && tar -C /root/install --strip-components=1 -xf {bundled}")

    status, said = install(board, bundled, "--dry-run")

    assert status == 0, said
    assert "would run: systemctl daemon-reload" in said
    do(board, "mv /root/install /tmp/install")
    assert do(board, EVERYTHING) == clean
    do(board, "mv /tmp/install /root/install")


def test_a_damaged_bundle_is_refused(board: Machine, bundled: Path) -> None:
    damaged = bytearray((lent() / bundled.name).read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (lent() / "damaged.tar").write_bytes(damaged)

    status, said = install(board, "/host/damaged.tar")

    assert status == 2, said
    assert "is damaged" in said
    assert board.run("test -e /opt/edge_gate").status == 1


def test_it_installs_without_a_network(board: Machine, bundled: Path) -> None:
    assert do(board, "ip -o link | grep -vc ': lo:' || true") == "0"

    status, said = install(board, bundled)

    assert status == 0, said
    assert do(board, "edge-gate --version").startswith("edge_gate ")
    places = "/etc/edge_gate/gallery.key /var/lib/edge_gate /var/backups/edge_gate"
    assert do(board, f"stat -c '%U %a' {places}").split("\n") == [
        "root 600",
        "edge_gate 700",
        "edge_gate 700",
    ]
    assert do(board, "head -c 13 /usr/local/share/man/man1/edge-gate.1") == ".TH EDGE-GATE"
    completion = ". /usr/local/share/bash-completion/completions/edge-gate"
    assert "edge-gate" in do(board, f"{completion}; complete -p edge-gate")


def test_without_a_configuration_there_is_no_door_to_keep(board: Machine) -> None:
    do(board, f"systemctl start {UNIT}")

    assert shown(board, "ActiveState") == "inactive"
    assert shown(board, "ConditionResult") == "no"


def test_it_gets_ready_with_the_strike_secured(board: Machine) -> None:
    do(board, f"cat >/etc/edge_gate/edge_gate.toml <<'EOF'\n{CONFIG}\nEOF")
    do(
        board,
        f"echo '{QUIET}' >/etc/edge_gate/quiet.scene; chgrp -R edge_gate /etc/edge_gate/*.{{toml,scene}}",
    )

    do(board, f"systemctl start {UNIT}")

    assert shown(board, "ActiveState") == "active"
    assert '"strike_released":false' in do(board, "edge-gate door status --json")


def test_it_is_no_heavier_than_it_says(board: Machine) -> None:
    assert_light(board, UNIT, "container")


def test_installing_the_same_again_changes_nothing(board: Machine, bundled: Path) -> None:
    before = do(
        board, "readlink /opt/edge_gate/current; ls /opt/edge_gate/releases; sha256sum /etc/edge_gate/*"
    )

    status, said = install(board, bundled)

    assert status == 0, said
    assert "is there already" in said
    after = do(
        board, "readlink /opt/edge_gate/current; ls /opt/edge_gate/releases; sha256sum /etc/edge_gate/*"
    )
    assert after == before


@pytest.mark.parametrize("name", ["retention", "backup"])
def test_upkeep_is_due_and_does_its_work_beside_the_running_door(board: Machine, name: str) -> None:
    assert do(board, f"systemctl is-active edge-gate-{name}.timer") == "active"

    do(board, f"systemctl start edge-gate-{name}.service")

    assert do(board, f"systemctl show --value -p Result edge-gate-{name}.service") == "success"
    assert shown(board, "ActiveState") == "active"


def test_the_timers_backup_opens_with_the_key_from_the_safe(board: Machine) -> None:
    (made,) = do(board, "ls -d /var/backups/edge_gate/*").split()
    assert do(board, f"stat -c '%U %a' {made}") == "edge_gate 600"

    trial = "edge-gate --state /tmp/trial --config /tmp/trial.toml"
    do(board, f"echo >/tmp/trial.toml; {trial} restore --key-file /etc/edge_gate/gallery.key {made}")

    assert "backup_made" in do(board, f"{trial} journal tail")
    do(board, "rm -r /tmp/trial /tmp/trial.toml")


def test_the_sandbox_holds(board: Machine) -> None:
    pid = shown(board, "MainPID")
    inside = f"nsenter --target={pid} --mount --net --setuid $(id -u edge_gate) --setgid $(id -g edge_gate)"

    assert board.run(f"{inside} touch /var/lib/edge_gate/allowed").status == 0
    for place in ("/etc/edge_gate", "/opt/edge_gate", "/usr", "/root", "/home", "/boot"):
        assert board.run(f"{inside} touch {place}/forbidden").status != 0, place
    assert board.run(f"{inside} cat /etc/edge_gate/gallery.key").status != 0
    assert do(board, f"{inside} ip -o link | grep -vc ': lo:' || true") == "0"
    process = dict(
        line.split(":\t", 1) for line in do(board, f"cat /proc/{pid}/status").split("\n") if ":\t" in line
    )
    assert (process["CapEff"].strip(), process["NoNewPrivs"], process["Seccomp"]) == ("0" * 16, "1", "2")


def test_a_hung_daemon_is_killed_and_the_strike_secured(board: Machine) -> None:
    hung = shown(board, "MainPID")
    do(board, f"systemctl kill --signal=STOP --kill-whom=main {UNIT}")

    wait_until(board, f"p=$(systemctl show --value -p MainPID {UNIT}); [ $p != {hung} ] && [ $p != 0 ]", 40)
    wait_until(board, f"systemctl is-active {UNIT}", 30)

    said = do(board, f"journalctl -u {UNIT} -b --no-pager")
    assert "Watchdog timeout" in said
    assert "the strike is secured" in said


def test_a_door_is_never_given_up_on(board: Machine) -> None:
    secured = f"journalctl -u {UNIT} -b --no-pager | grep -c 'the strike is secured'"
    before = int(do(board, secured))

    for _ in range(8):
        killed = shown(board, "MainPID")
        do(board, f"systemctl kill --signal=KILL --kill-whom=main {UNIT}")
        wait_until(board, f"[ $(systemctl show --value -p MainPID {UNIT}) != {killed} ]", 10)
        wait_until(board, f"systemctl is-active {UNIT}", 30)

    assert int(do(board, secured)) == before + 8, "the strike is secured once after each death"


def test_files_that_root_left_do_not_stop_the_service(board: Machine) -> None:
    do(board, "chown -R root:root /var/lib/edge_gate")

    do(board, f"systemctl restart {UNIT}")

    assert shown(board, "ActiveState") == "active"


def test_a_release_that_fails_its_check_never_runs(board: Machine, bundled: Path) -> None:
    pid, release = shown(board, "MainPID"), do(board, "readlink /opt/edge_gate/current")
    broken = altered(bundled, "broken", "edge_gate/config.py", "raise SystemExit('broken release')")

    status, said = install(board, broken)

    assert status == 3, said
    assert (shown(board, "MainPID"), do(board, "readlink /opt/edge_gate/current")) == (pid, release)


def test_a_release_that_does_not_get_ready_is_rolled_back(board: Machine, bundled: Path) -> None:
    release = do(board, "readlink /opt/edge_gate/current")
    late = "def run(*_: object) -> None: raise SystemExit('broken daemon')"
    broken = altered(bundled, "broken", "edge_gate/service/daemon.py", late)

    status, said = install(board, broken)

    assert status == 3, said
    assert do(board, "readlink /opt/edge_gate/current") == release
    wait_until(board, f"systemctl is-active {UNIT}", 30)
    assert do(board, "ls /opt/edge_gate/releases") == release.rpartition("/")[2]


def test_an_upgrade_keeps_the_release_before(board: Machine, bundled: Path) -> None:
    before = do(board, "readlink /opt/edge_gate/current")
    better = altered(bundled, "better", "edge_gate/config.py", "# better")

    status, said = install(board, better)

    assert status == 0, said
    assert do(board, "readlink /opt/edge_gate/current") != before
    assert shown(board, "ActiveState") == "active"
    assert len(do(board, "ls /opt/edge_gate/releases").split()) == 2


def test_removal_keeps_the_people_unless_told(board: Machine) -> None:
    do(board, "/root/install/install.sh --uninstall")

    assert board.run(f"systemctl cat {UNIT}").status != 0
    assert board.run("test -e /opt/edge_gate").status == 1
    assert "gallery.sqlite" in do(board, "ls /var/lib/edge_gate")


def test_removal_with_everything_leaves_nothing(board: Machine, clean: str) -> None:
    do(board, "/root/install/install.sh --uninstall --purge")

    do(board, "rm -rf /root/install")
    assert do(board, EVERYTHING) == clean
    assert board.run("id edge_gate || getent group edge_gate").status != 0


@pytest.mark.usefixtures("bundled")
def test_the_package_installs_and_purges_the_same(board: Machine, clean: str) -> None:
    do(board, f"dpkg --install /host/{next(lent().glob('edge-gate_*_amd64.deb')).name}")
    assert do(board, "edge-gate --version").startswith("edge_gate ")

    do(board, "dpkg --purge edge-gate")

    assert do(board, EVERYTHING) == clean
