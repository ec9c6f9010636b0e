"""What the real daemon decided is decided again from its journal, just the same."""

import signal
from contextlib import closing
from pathlib import Path

from rigged import Daemon, rigged

from edge_gate.config import load
from edge_gate.recognition.recognise import Eyes
from edge_gate.service import wiring
from edge_gate.store.case import redecided


def test_every_decision_of_a_day_at_the_door_is_taken_again(tmp_path: Path, eyes: Eyes) -> None:
    script = "ada stands for 2 s\nnobody for 1 s\nbela stands for 3 s\ndarkness while ada stands for 2 s\n"
    with rigged(tmp_path, eyes, script * 20) as site:
        daemon = Daemon(site)
        for event in ("access_granted", "access_denied"):
            daemon.hear(lambda record, event=event: record["event"] == event)  # type: ignore[misc]
        daemon.end(signal.SIGTERM)
        with closing(wiring.journal(load(site.config))) as journal:
            decisions = [record for record in journal.records() if record.detail.get("case")]
    assert {record.event for record in decisions} >= {"access_granted", "access_denied"}
    for record in decisions:
        assert redecided(record) == record
