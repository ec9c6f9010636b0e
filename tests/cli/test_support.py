"""What is sent to a helper holds what helps, and nothing of anybody."""

import re
import tarfile
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from technician import Site

from edge_gate.access.events import AccessGranted, ActBroken, DecisionMarked, OperatorCommand
from edge_gate.config import Settings, load
from edge_gate.face.frame import Picture
from edge_gate.provisioning.finding import fail
from edge_gate.provisioning.machine import Machine, Ran
from edge_gate.provisioning.support import bundle
from edge_gate.recognition.enrolment import enrollable
from edge_gate.recognition.recognise import Eyes
from edge_gate.service import wiring
from edge_gate.simulated.portrait import portrait
from edge_gate.store.record import Entry

NAME, CARD, PASSWORD = "Ada Lovelace-Byron", "w26:17:4711", "s3cr3t-word"


@pytest.fixture
def lived_in(site: Site, eyes: Eyes) -> Settings:
    """A site with somebody's face, card and history."""
    settings = load(
        site.config,
        {
            "store": {"state": str(site.state)},
            "camera": {"source": f"rtsp://door:{PASSWORD}@192.0.2.7/stream"},
        },
    )
    with closing(wiring.gallery(settings)) as gallery, closing(wiring.journal(settings)) as journal:
        gallery.enrol(NAME, [enrollable(Picture(portrait("ada")), eyes, "ada").probe])
        journal.append_many(
            [
                Entry(ActBroken(f"Nobody named {NAME!r} is enrolled", "subject_removed"), 0, 0),
                Entry(AccessGranted(NAME, 0.9, 2.0, None, 1, (1,)), 0, 0),
                Entry(OperatorCommand("root", f"{NAME} has lost her card", "unlock"), 0, 0),
                Entry(DecisionMarked("root", "it was Long Gone", 2, wrong=True), 0, 0),
            ]
        )
    wiring.credentials(settings).add_card(NAME, CARD)
    return settings


def packed(settings: Settings, folder: Path) -> dict[str, bytes]:
    log = f"10:00:00 edge-gate: access_granted Long Gone score 0.912 #17 00ff00ff00ff00ff\n10:00:01 {NAME}!\n"
    machine = Machine(lambda words: Ran(0, log if words[0] == "journalctl" else ""), folder)
    findings = [fail("key", f"the template filed under {NAME} was altered", "restore it")]
    bundle(settings, findings, machine, folder / "support.tar.gz")
    with tarfile.open(folder / "support.tar.gz") as archive:
        return {member.name: archive.extractfile(member).read() for member in archive}  # type: ignore[union-attr]


def test_it_holds_no_template_no_name_no_card_and_no_secret(lived_in: Settings, tmp_path: Path) -> None:
    content = b"\n".join(packed(lived_in, tmp_path).values())

    with closing(wiring.gallery(lived_in)) as gallery:
        vector = gallery.roster().matrix[0]
    secrets = [(Path(lived_in.store.state) / name).read_bytes() for name in ("gallery.key", "cards.key")]
    forbidden = [
        NAME.encode(),
        b"Lovelace",
        b"Long Gone",
        b"lost her card",
        b"4711",
        PASSWORD.encode(),
        *secrets,
        *(key.hex().encode() for key in secrets),
    ]
    assert [secret for secret in forbidden if secret in content] == []
    assert vector.tobytes()[:16] not in content
    rows = [str(float(np.round(number, 4))).encode() for number in vector[:8]]
    assert sum(row in content for row in rows) <= 1, "the template as text"
    assert not re.search(rb"(-?0\.\d+[,\s\[\]]+){8}", content), "a row of numbers"
    assert b"\xff\xd8\xff" not in content
    assert b"PNG" not in content
    assert (tmp_path / "support.tar.gz").stat().st_mode & 0o777 == 0o600


def test_it_holds_what_helps(lived_in: Settings, tmp_path: Path) -> None:
    files = packed(lived_in, tmp_path)

    assert {name.rpartition("/")[2] for name in files} == {
        "version.txt",
        "configuration.json",
        "doctor.txt",
        "journal.jsonl",
        "counts.json",
        "service.log",
    }
    content = b"\n".join(files.values())
    for helpful in (
        b"10:00:01 [person]!",
        b'"unlock_ms"',
        b"FAIL key",
        b'"operator_command"',
    ):
        assert helpful in content


def test_a_log_whose_names_cannot_be_known_is_left_out(lived_in: Settings, tmp_path: Path) -> None:
    (Path(lived_in.store.state) / "gallery.key").unlink()

    files = packed(lived_in, tmp_path)

    assert NAME.encode() not in b"\n".join(files.values())
    assert b"left out" in files["edge_gate-support/service.log"]


def test_the_verb_writes_it(site: Site) -> None:
    said = site.run("support-bundle", "--out", str(site.folder / "support.tar.gz"))

    assert said.code == 0
    with tarfile.open(site.folder / "support.tar.gz") as archive:
        assert "edge_gate-support/doctor.txt" in archive.getnames()
