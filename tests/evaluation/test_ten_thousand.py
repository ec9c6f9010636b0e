"""A gallery of 10,000: the cast's real templates among synthetic distractors."""

import json
import subprocess
import sys
from contextlib import closing

import cv2
import numpy as np
import pytest
from technician import Site

from edge_gate.config import load
from edge_gate.face.frame import Picture
from edge_gate.face.probe import unit
from edge_gate.recognition.enrolment import enrollable
from edge_gate.recognition.recognise import Eyes
from edge_gate.service import wiring
from edge_gate.simulated.portrait import portrait

CAST = ("ada", "bela", "chidi")
PEOPLE = 10_000


@pytest.mark.slow
def test_ten_thousand_people_are_enrolled_audited_and_searched_and_face_alone_is_refused(
    site: Site, eyes: Eyes
) -> None:
    settings = load(site.config, {"store": {"state": str(site.state)}})
    real = {name: enrollable(Picture(portrait(name)), eyes, name).probe for name in CAST}
    # Distractors: directions drawn about the cast's mean, as faces lie about theirs.
    middle = np.mean([probe.vector for probe in real.values()], axis=0)
    drawn = np.random.default_rng(1).normal(size=(PEOPLE - len(CAST), len(middle)))
    drawn *= 2 * np.linalg.norm(middle) / np.sqrt(len(middle))
    identity = eyes.embedder.identity
    with closing(wiring.gallery(settings)) as gallery:
        for name, probe in real.items():
            gallery.enrol(name, [probe])
        for number, raw in enumerate((drawn + middle).astype(np.float32)):
            gallery.enrol(f"d{number:05}", [unit(raw, identity)])
        roster = gallery.roster()
    assert len(roster.subjects) == PEOPLE

    found = roster.search(enrollable(Picture(portrait("ada", 1)), eyes, "ada").probe)
    assert found
    assert found.subject == "ada"

    audited = site.run("gallery", "audit", "--json")
    assert audited.code == 0
    promise = json.loads(audited.out.splitlines()[-1])["promise"]["search"]
    assert promise["shortfall"] == "evidence"
    assert 0 < promise["people"] < PEOPLE
    assert promise["one_to_one"] is True

    for seed in range(8):
        cv2.imwrite(str(site.folder / f"{seed}.png"), portrait("ada", seed))
    words = [
        sys.executable,
        "-m",
        "edge_gate",
        "--config",
        str(site.config),
        "--state",
        str(site.state),
        "run",
    ]
    subprocess.run(words, timeout=120, check=True, capture_output=True)
    told = [json.loads(line) for line in site.run("journal", "export").out.splitlines()]
    events = [record["event"] for record in told]
    (refused,) = [record for record in told if record["event"] == "promise_refused"]
    assert "10,000 enrolled" in refused["advice"]
    assert "access_granted" not in events
