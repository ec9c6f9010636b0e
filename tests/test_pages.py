"""The pages say what is so: their configurations load, their commands run, the tests they name exist."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest
from technician import Site

from edge_gate.access.fault import OUTCOMES
from edge_gate.cli import people
from edge_gate.config import load
from edge_gate.service.lines import door_lines, panel_lines
from edge_gate.service.policy import policy

ROOT = Path(__file__).parents[1]
RULES = (ROOT / "docs" / "rules.md").read_text()
ACCURACY = (ROOT / "docs" / "accuracy.md").read_text()
FEATURES = (ROOT / "docs" / "features.md").read_text()
DEGRADED = (ROOT / "docs" / "degraded.md").read_text()


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)


@pytest.mark.parametrize("block", blocks(RULES, "toml") + blocks(ACCURACY, "toml"))
def test_each_configuration_of_a_page_is_one(block: str) -> None:
    settings = load(None, tomllib.loads(block))
    policy(settings)
    door_lines(settings)
    panel_lines(settings)


def test_the_commands_of_the_rules_page_do_what_it_says(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "getpass", lambda _prompt: "2580")
    ran = 0
    for line in "".join(blocks(RULES, "sh")).splitlines():
        program, *words = shlex.split(line)
        assert program == "edge-gate"
        said = site.run(*words)
        if words[0] == "door":
            assert said.code == 11, "there is no daemon here; the words themselves are understood"
        elif words[:2] == ["journal", "replay"]:
            assert said.code == 9
        else:
            assert said.code == 0, said.err
        ran += 1
    assert ran > 15
    listed = site.run("people", "list").out
    assert "ada: staff; 1 cards, PIN after 1*" in listed
    assert "temp: staff from 2026-03-01 to 2026-03-31" in listed


@pytest.mark.parametrize(("page", "at_least"), [(FEATURES, 40), (DEGRADED, 15)])
def test_every_test_that_a_page_names_exists_and_is_run(page: str, at_least: int) -> None:
    named = set(re.findall(r"`(test_\w+)`", page))
    there = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE)
    }
    assert len(named) >= at_least
    assert named <= there


def test_each_feature_has_a_test() -> None:
    rows = [line for line in FEATURES.splitlines() if line.startswith("| ")]
    without = [row for row in rows if "`test_" not in row]
    assert [row for row in without if not row.startswith("| feature |")] == []


def test_the_table_of_faults_is_the_one_that_the_door_acts_on() -> None:
    yes = {True: "yes", False: "no"}
    for fault, row in OUTCOMES.items():
        line = f"| `{fault}` | {yes[row.faces]} | {yes[row.readers]} | {row.door} | {row.recovery} |"
        assert line in DEGRADED.splitlines()
