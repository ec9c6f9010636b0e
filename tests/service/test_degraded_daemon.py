"""Faults of the running daemon: what it says, that it lets nobody in meanwhile, and does again after."""

import resource
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from rigged import Daemon, Site, rigged, wait_until

from edge_gate.recognition.recognise import Eyes
from edge_gate.service.control import ask


@pytest.fixture
def site(tmp_path: Path, eyes: Eyes) -> Iterator[Site]:
    with rigged(tmp_path, eyes) as site:
        yield site


def faults(site: Site) -> object:
    return ask(site.state / "control.sock", "status")["faults"]


def nobody_is_let_in(site: Site) -> None:
    """Ada stands there all the while, and is granted twice a second where nothing hinders it."""
    wait_until(lambda: not site.rig.released)
    before = len(site.rig.history)
    until = time.monotonic() + 1.5
    while time.monotonic() < until:
        assert not site.rig.released
        time.sleep(0.005)
    assert len(site.rig.history) == before


def let_in_again(site: Site) -> None:
    wait_until(lambda: faults(site) == [])
    wait_until(lambda: site.rig.released)


def test_without_readable_rules_nobody_is_let_in_until_they_are_back(site: Site) -> None:
    daemon = Daemon(site)
    wait_until(lambda: site.rig.released)
    rules, away = site.state / "rules.sqlite", site.state / "away"
    rules.rename(away)
    wait_until(lambda: faults(site) == ["rules_unreadable"])
    nobody_is_let_in(site)
    away.rename(rules)
    let_in_again(site)
    daemon.hear(lambda record: record["event"] == "fault_ended")
    daemon.kill()
    told = [(record["event"], record["reason"]) for record in daemon.acknowledged]
    assert ("fault_began", "rules_unreadable") in told
    assert ("fault_ended", "rules_unreadable") in told


def test_without_room_for_the_journal_nobody_is_let_in_and_what_waited_is_written_after(site: Site) -> None:
    daemon = Daemon(site)
    wait_until(lambda: site.rig.released)
    pid = daemon.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE, (512, resource.RLIM_INFINITY))
    wait_until(lambda: faults(site) == ["journal_unwritable"])
    nobody_is_let_in(site)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
    let_in_again(site)
    daemon.hear(lambda record: record["event"] == "fault_ended")
    daemon.kill()
    told = [(record["event"], record["reason"]) for record in daemon.acknowledged]
    assert ("fault_began", "journal_unwritable") in told
    sequence = [record["seq"] for record in daemon.acknowledged]
    assert sequence == list(range(sequence[0], sequence[0] + len(sequence)))


def test_a_rule_changed_while_the_door_runs_holds_within_a_second(site: Site) -> None:
    daemon = Daemon(site)
    wait_until(lambda: site.rig.released)
    subprocess.run(site.command("groups", "allow", "everyone", "never"), check=True, capture_output=True)
    daemon.hear(lambda record: record["event"] == "access_denied")
    assert daemon.acknowledged[-1]["reason"] == "outside_hours"
    nobody_is_let_in(site)
    daemon.kill()
