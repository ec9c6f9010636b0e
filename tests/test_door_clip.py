"""The door clip: A may pass, B and a print of A may not. `replay` is driven as a script would."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

FPS = 15
NEAR_PX = 60


def replay(shared: Path, *options: str) -> list[dict[str, Any]]:
    clip, enrol = shared / "clips" / "door_clip.mp4", shared / "clips" / "enrol_A.jpg"
    command = [sys.executable, "-m", "edge_gate", "replay", str(clip), "--pack", "mobilefacenet"]
    command += ["--models", str(shared / "models"), "--enrol", f"A={enrol}", "--json", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def told(shared: Path) -> list[dict[str, Any]]:
    return replay(shared)


@pytest.fixture(scope="module")
def truth(shared: Path) -> list[dict[str, Any]]:
    people: list[dict[str, Any]] = json.loads((shared / "clips" / "door_clip.json").read_text())["per_frame"]
    return people


def grants(told: list[dict[str, Any]]) -> list[int]:
    return [round(each["t_ms"] * FPS / 1000) for each in told if each.get("event") == "access_granted"]


def first_near(truth: list[dict[str, Any]], start: int) -> int:
    for frame in range(start, len(truth)):
        if any(one["person"] == "A" and one["bbox"][2] >= NEAR_PX for one in truth[frame]["people"]):
            return frame
    raise AssertionError("A never comes near")


@pytest.mark.parametrize(("first", "last"), [(30, 127), (204, 244)])
def test_a_is_let_in_within_ten_frames_of_coming_near(
    told: list[dict[str, Any]], truth: list[dict[str, Any]], first: int, last: int
) -> None:
    inside = [frame for frame in grants(told) if first <= frame <= last]
    assert inside
    assert inside[0] <= first_near(truth, first) + 10


def test_nobody_else_is_let_in_nor_the_print_nor_an_empty_frame(
    told: list[dict[str, Any]], truth: list[dict[str, Any]]
) -> None:
    assert {each["subject"] for each in told if each.get("event") == "access_granted"} == {"A"}
    for frame in grants(told):
        live = [one for one in truth[frame]["people"] if one["person"] == "A" and one["kind"] == "live"]
        assert live, f"granted at frame {frame}, where live A is not"


def test_the_stranger_is_denied_and_the_print_found_out(told: list[dict[str, Any]]) -> None:
    events = [(each["event"], round(each["t_ms"] * FPS / 1000)) for each in told if "event" in each]
    assert any(name == "access_denied" and 142 <= frame <= 196 for name, frame in events)
    assert any(name == "liveness_failed" and 252 <= frame <= 293 for name, frame in events)


def test_without_the_liveness_check_the_print_is_let_in(shared: Path) -> None:
    waived = replay(shared, "--waive-liveness")
    assert any(252 <= frame <= 293 for frame in grants(waived))


def test_the_same_clip_gives_the_same_records(shared: Path, told: list[dict[str, Any]]) -> None:
    again = replay(shared)
    for summary in (told[-1]["summary"], again[-1]["summary"]):
        assert summary["frames"] == 300
        assert summary["ms_per_frame"] > 0
    assert again[:-1] == told[:-1]
    assert {**again[-1]["summary"], "ms_per_frame": 0} == {**told[-1]["summary"], "ms_per_frame": 0}
