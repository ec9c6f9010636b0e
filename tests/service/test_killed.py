"""kill -9 of the real daemon, its door in this process: nothing acknowledged is lost, the strike secured."""

import json
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from rigged import PATIENCE_S, Daemon, Site, rigged, wait_until

from edge_gate.config import load
from edge_gate.face.frame import Picture
from edge_gate.recognition.enrolment import enrollable
from edge_gate.recognition.recognise import Eyes
from edge_gate.service import wiring
from edge_gate.service.keeper import OVERDUE
from edge_gate.simulated.portrait import views


@pytest.fixture
def site(tmp_path: Path, eyes: Eyes) -> Iterator[Site]:
    with rigged(tmp_path, eyes) as site:
        yield site


def survive(site: Site, eyes: Eyes, rounds: int, seed: int) -> None:
    """Kill, look, start again; in every other round the kill falls while the strike is released."""
    chance = random.Random(seed)
    acknowledged: list[dict[str, Any]] = []
    caught_released = 0
    template = enrollable(Picture(views("bela")[0]), eyes, "bela").probe
    for number in range(rounds):
        connections = site.rig.history[-1].client
        daemon = Daemon(site)
        daemon.hear(lambda record: record["event"] == "service_started")
        first = next(told for told in site.rig.history if told.client > connections)
        assert not first.released, "the daemon's first word to the strike is not to secure it"
        assert first.at <= daemon.acknowledged[0]["t_ms"]
        with closing(wiring.gallery(load(site.config))) as gallery:
            gallery.enrol(f"guest {number}", [template])
            if number:
                gallery.remove(f"guest {number - 1}")
        if number % 2:
            wait_until(lambda: site.rig.released)
        else:
            time.sleep(chance.uniform(0, 1.0))
        daemon.kill()
        caught_released += site.rig.released
        acknowledged += daemon.acknowledged

        subprocess.run(site.command("secure"), check=True, capture_output=True)
        assert not site.rig.released
        with closing(wiring.gallery(load(site.config))) as gallery:
            assert set(gallery.subjects()) == {"ada", f"guest {number}"}
    assert caught_released >= rounds // 4, "too few kills fell into a release to prove anything"

    with closing(wiring.journal(load(site.config))) as journal:
        last = acknowledged[-1]
        journal.verify(witness=(last["seq"], last["hash"]))
        kept = {record.seq: record.hash for record in journal.records()}
    assert [record for record in acknowledged if kept.get(record["seq"]) != record["hash"]] == []


def test_after_twenty_kills_nothing_acknowledged_is_missing_and_the_strike_is_secured(
    site: Site, eyes: Eyes
) -> None:
    survive(site, eyes, rounds=20, seed=20)


@pytest.mark.slow
def test_after_two_hundred_kills_nothing_acknowledged_is_missing_and_the_strike_is_secured(
    site: Site, eyes: Eyes
) -> None:
    survive(site, eyes, rounds=200, seed=200)


def test_a_daemon_stopped_in_a_grant_is_ended_by_the_kernel_soon_after_the_deadline(site: Site) -> None:
    daemon = Daemon(site)
    while not site.rig.released:
        daemon.process.send_signal(signal.SIGCONT)
        wait_until(lambda: site.rig.released)
        daemon.process.send_signal(signal.SIGSTOP)
    begun = time.monotonic()
    assert daemon.process.wait(PATIENCE_S) == -signal.SIGKILL
    # It may have been stopped just after it released: 400 ms of unlock time, and OVERDUE.
    assert time.monotonic() - begun < 0.4 + OVERDUE / 1000 + 0.5
    subprocess.run(site.command("secure"), check=True, capture_output=True)
    assert not site.rig.released


def test_sigterm_secures_the_strike_and_leaves_within_two_seconds(site: Site) -> None:
    daemon = Daemon(site)
    wait_until(lambda: site.rig.released)
    begun = time.monotonic()
    assert daemon.end(signal.SIGTERM) == 0
    assert time.monotonic() - begun < 2
    assert not site.rig.released
    assert [record["event"] for record in daemon.acknowledged[-2:]] == ["strike_secured", "service_stopped"]
    assert daemon.acknowledged[-1]["reason"] == "SIGTERM"


def test_the_operator_unlocks_and_secures_through_the_socket(site: Site) -> None:
    (site.config.parent / "busy.scene").write_text("nobody for 120 s\n")
    daemon = Daemon(site)
    daemon.hear(lambda record: record["event"] == "service_started")
    subprocess.run(site.command("door", "unlock", "--reason", "parcel"), check=True, capture_output=True)
    daemon.hear(lambda record: record["event"] == "strike_released")
    told = {record["event"]: record for record in daemon.acknowledged}
    assert told["operator_command"]["reason"] == "parcel"
    assert told["strike_released"]["reason"] == "operator"
    done = subprocess.run(site.command("door", "status", "--json"), check=True, capture_output=True)
    assert json.loads(done.stdout)["subjects"] == 1
    daemon.kill()
    asked = subprocess.run(site.command("door", "status"), capture_output=True, text=True, check=False)
    assert asked.returncode == 11
    assert "Start the service" in asked.stderr
