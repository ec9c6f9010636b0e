"""What the program says of itself: every verb explained, one source for help, man page and completion."""

import os
import re
import shutil
import subprocess
import sys
from typing import Any

import pytest
import typer
from technician import Site

from edge_gate.cli.app import application


def verbs(group: Any, before: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    found = []
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            found += verbs(command, (*before, name))
        else:
            found.append(((*before, name), command))
    return found


EVERY = verbs(typer.main.get_command(application([])))


@pytest.mark.parametrize(("words", "command"), EVERY, ids=[" ".join(words) for words, _ in EVERY])
def test_every_verb_says_what_it_is_for(words: tuple[str, ...], command: Any) -> None:
    assert len((command.help or "").split()) >= 2, f"{words} needs a sentence"
    assert "Raises:" not in (command.help or "")


@pytest.mark.parametrize(
    ("words", "next_step"),
    [
        ("status", "Did you mean `edge-gate door status`?"),
        ("door enrol", "Did you mean `edge-gate enrol`?"),
        ("status door", "Did you mean `edge-gate door status`?"),
        ("door unlok", "Did you mean `edge-gate door unlock`?"),
        ("groups lst", "Did you mean `edge-gate groups list`?"),
        ("secur", "Did you mean `edge-gate secure` or `edge-gate door secure`?"),
    ],
)
def test_a_verb_that_there_is_not_leads_to_one_that_there_is(site: Site, words: str, next_step: str) -> None:
    said = site.run(*words.split())

    assert said.code == 2
    assert next_step in " ".join(re.sub("[╭─╮│╰╯]", " ", said.err).split())


def test_who_would_lock_is_not_led_to_unlock_but_to_the_help(site: Site) -> None:
    said = site.run("door", "lock")

    assert said.code == 2
    assert "edge-gate door -h' for help" in said.err
    assert "unlock" not in said.err


def test_the_man_page_has_every_verb_and_exit_code(site: Site) -> None:
    page = site.run("manual").out

    for words, command in EVERY:
        if not command.hidden:
            assert f'.SS "edge-gate {" ".join(words)}' in page.replace("\\-", "-")
    assert ".SH EXIT STATUS" in page
    assert re.findall(r"^\.TP\n(\d+)$", page, re.MULTILINE) == ["0", "2", *map(str, range(3, 18))]


@pytest.mark.skipif(not shutil.which("groff"), reason="needs groff to read the man page with")
def test_the_man_page_is_one_that_man_can_show(site: Site) -> None:
    page = site.run("manual").out

    shown = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww"], input=page, capture_output=True, text=True, check=True
    )

    assert shown.stderr == ""
    assert "Examine" in shown.stdout


def test_the_shell_completes_the_verbs() -> None:
    completed = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; sys.argv[0] = 'edge-gate'; from edge_gate.cli import main; main()",
        ],
        env={
            **os.environ,
            "_EDGE_GATE_COMPLETE": "complete_bash",
            "COMP_WORDS": "edge-gate com",
            "COMP_CWORD": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert completed.stdout.split() == ["commission"]
