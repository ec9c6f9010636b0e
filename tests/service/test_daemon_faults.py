"""A daemon that finds something broken: the strike stays secured, and the exit code says what it was."""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import cv2
import pytest
from rigged import PATIENCE_S, Daemon, Site, rigged

from edge_gate.recognition.recognise import Eyes
from edge_gate.simulated.portrait import portrait


@pytest.fixture
def site(tmp_path: Path, eyes: Eyes) -> Iterator[Site]:
    with rigged(tmp_path, eyes) as site:
        yield site


def corrupt_gallery(site: Site) -> None:
    path = site.state / "gallery.sqlite"
    path.write_bytes(path.read_bytes()[:100] + b"\xff" * 8000)


def lose_the_key(site: Site) -> None:
    (site.state / "gallery.key").unlink()


def corrupt_journal(site: Site) -> None:
    (site.state / "journal.sqlite").write_bytes(b"not a journal at all" * 500)


def choose_a_missing_pack(site: Site) -> None:
    site.config.write_text(site.config.read_text() + '[models]\npack = "mobilefacenet"\n')


def bring_another_model(site: Site) -> None:
    choose_a_missing_pack(site)
    for name in ("yunet_n_dynamic", "mobilefacenet_foamliu_fp32", "minifasnet_v2_2.7_80"):
        (site.state / f"{name}.onnx").write_bytes(b"\x00" * 1000)
    site.config.write_text(site.config.read_text() + f'directory = "{site.state}"\n')


def forget_the_waiver(site: Site) -> None:
    kept = [line for line in site.config.read_text().splitlines() if not line.startswith("waiver")]
    site.config.write_text("\n".join(kept))


def mistype_a_key(site: Site) -> None:
    site.config.write_text(site.config.read_text().replace("unlock_ms", "unlock_sm"))


def mistype_the_scene(site: Site) -> None:
    (site.config.parent / "busy.scene").write_text("ada teleports for 2 s\n")


def unplug_the_camera(site: Site) -> None:
    text = site.config.read_text()
    scene = site.config.parent / "busy.scene"
    site.config.write_text(text.replace(f"scene:{scene}", "v4l2:/dev/video-that-is-not"))


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (mistype_a_key, 3),
        (forget_the_waiver, 3),
        (mistype_the_scene, 3),
        (choose_a_missing_pack, 4),
        (bring_another_model, 4),
        (unplug_the_camera, 5),
        (lose_the_key, 7),
        (corrupt_gallery, 8),
        (corrupt_journal, 9),
    ],
)
def test_the_daemon_leaves_with_the_code_of_the_fault_and_never_releases(
    site: Site, fault: Callable[[Site], None], code: int
) -> None:
    fault(site)
    done = subprocess.run(
        site.command("run"), capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert done.returncode == code, done.stderr
    assert "error:" in done.stderr
    assert "next:" in done.stderr
    assert "Traceback" not in done.stderr
    assert not any(told.released for told in site.rig.history)


@pytest.fixture
def full_disk() -> Iterator[Path]:
    """A file system of its own, with no room on it; outside of the directory that pytest clears."""
    disk = Path(tempfile.mkdtemp(prefix="edge-gate-disk-"))
    command = ["mount", "-t", "tmpfs", "-o", "size=256k,mode=0700", "tmpfs", str(disk)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a small file system")
    with suppress(OSError), (disk / "ballast").open("wb", buffering=0) as ballast:
        while True:
            ballast.write(bytes(4096))
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)
    disk.rmdir()


def test_a_full_disk_keeps_the_daemon_from_starting_and_the_strike_secured(
    site: Site, full_disk: Path
) -> None:
    site.config.write_text(
        site.config.read_text().replace(f'state = "{site.state}"', f'state = "{full_disk}"')
    )
    done = subprocess.run(
        site.command("run"), capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert done.returncode == 12, done.stderr
    assert "Free some space" in done.stderr
    assert not any(told.released for told in site.rig.history)


def test_an_enrolment_on_a_full_disk_enrols_nobody_and_says_so(site: Site, full_disk: Path) -> None:
    photograph = site.config.parent / "ada.png"
    cv2.imwrite(str(photograph), portrait("ada"))
    site.config.write_text(
        site.config.read_text().replace(f'state = "{site.state}"', f'state = "{full_disk}"')
    )
    enrol = site.command("enrol", "ada", "--images", str(photograph))
    done = subprocess.run(enrol, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 12, done.stderr

    (full_disk / "ballast").unlink()
    listed = subprocess.run(site.command("gallery", "list"), capture_output=True, text=True, check=True)
    assert listed.stdout == ""
    assert subprocess.run(enrol, capture_output=True, check=False).returncode == 0


def test_a_door_that_does_not_answer_is_its_own_failure(site: Site) -> None:
    site.config.write_text(site.config.read_text().replace("rig.sock", "nobody.sock"))
    done = subprocess.run(
        site.command("run"), capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert done.returncode == 6
    assert "does not answer" in done.stderr


def test_a_door_lost_while_it_runs_ends_the_daemon_with_its_code(site: Site) -> None:
    (site.config.parent / "busy.scene").write_text("nobody for 120 s\n")
    other = site.config.parent / "other.sock"
    site.config.write_text(site.config.read_text().replace("rig.sock", other.name))
    command = [sys.executable, "-m", "edge_gate.simulated.rig", str(other)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as rig:
        assert rig.stdout is not None
        rig.stdout.readline()
        daemon = Daemon(site)
        daemon.hear(lambda record: record["event"] == "service_started")
        rig.kill()
        assert daemon.process.wait(PATIENCE_S) == 6
