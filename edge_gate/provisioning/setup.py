"""A door's configuration from a few answers: `default.toml`'s own text, with the answers written into it."""

import difflib
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from edge_gate.config import WAIVER, Settings, Tables, default_text, load
from edge_gate.errors import ConfigError
from edge_gate.service.lines import door_lines
from edge_gate.store.files import replace_text
from edge_gate.store.manifest import read_manifest

NO = "no"


class Question(Struct, frozen=True):
    """One thing the wizard asks.

    Attributes:
        name: of the answer, in a file of answers too.
        asks: what to ask, in one line.
        help: what the person needs to know to answer it.
        choices: the allowed answers, each with what it writes; empty where any text will do.
        key: where an answer without choices goes, ``table.key``.
    """

    name: str
    asks: str
    help: str
    choices: Mapping[str, Tables]
    key: str = ""


QUESTIONS = (
    Question(
        "board",
        "What does the door hang on?",
        "raspberry-pi: the relay is on this computer's header. simulated: a trial, no relay is touched.",
        {
            # The group that the installer makes: who may command the door without being root.
            "raspberry-pi": {"door": {"hardware": "gpio"}, "control": {"group": "edge_gate"}},
            "simulated": {"door": {"hardware": "simulated"}},
        },
    ),
    Question(
        "camera",
        "Which camera?",
        "picamera2 (ribbon cable) | v4l2:/dev/video0 (USB) | rtsp://USER:PASSWORD@ADDRESS/PATH (network)",
        {},
        "camera.source",
    ),
    Question(
        "strike_pin",
        "GPIO of the strike's relay?",
        "The GPIO (BCM) number, not the place on the header: 9-13 or 16-27. See docs/wiring.md.",
        {},
        "door.strike_pin",
    ),
    Question(
        "position_pin",
        "GPIO of the door position switch?",
        "Without one there is no forced-open and no held-open alarm. -1: none.",
        {},
        "door.position_pin",
    ),
    Question(
        "rex_pin",
        "GPIO of the request-to-exit button?",
        "Its second contact; the first frees the door by itself, with the computer dead. -1: none.",
        {},
        "door.rex_pin",
    ),
    Question(
        "lock",
        "What locks the door?",
        "strike: opens with current. magnet: opens without, and takes hold once the leaf is closed.",
        {
            "strike": {"door": {"relock": "open", "lock": "fail_secure"}},
            "magnet": {"door": {"relock": "close", "lock": "fail_safe"}},
        },
    ),
    Question(
        "mode",
        "What must a person show?",
        "One that a photograph cannot give is safer: face+card, face+pin. See docs/rules.md.",
        {
            mode: {"access": {"verification": mode}}
            for mode in ("face", "card", "face+card", "face+pin", "card+pin", "face+card+pin")
        },
    ),
    Question(
        "false_opens",
        "How rarely may a stranger's attempt open this door?",
        "0.001: one attempt in a thousand. The rarer, the oftener people must look twice: docs/accuracy.md.",
        {},
        "budget.false_opens",
    ),
    Question(
        "pack",
        "Which pack of models?",
        "See models/manifest.toml; builtin comes with the program, and has no liveness model.",
        {},
        "models.pack",
    ),
    Question(
        "models",
        "Where do weights that are not ours lie?",
        "The folder with the pack's files; empty for the builtin pack.",
        {},
        "models.directory",
    ),
    Question(
        "photograph_may_open",
        "May a photograph of a person open this door?",
        "A pack without a liveness model cannot tell. no: the daemon then refuses to start without one.",
        {NO: {"liveness": {"waiver": ""}}, "yes": {"liveness": {"waiver": WAIVER}}},
    ),
)


def current(question: Question, settings: Settings) -> str:
    """The answer that a configuration already gives, as text."""
    tables = msgspec.to_builtins(settings)
    if question.key:
        table, _, key = question.key.partition(".")
        return str(tables[table][key])
    for answer, writes in question.choices.items():
        if all(tables[table].items() >= keys.items() for table, keys in writes.items()):
            return answer
    return next(iter(question.choices))


def changes(answers: Mapping[str, Any], source: str) -> Tables:
    """What answers write into a configuration.

    Raises:
        ConfigError: if an answer belongs to no question, or is none of its choices.
    """
    known = {question.name: question for question in QUESTIONS}
    tables: Tables = {}
    for name, answer in answers.items():
        if name not in known:
            raise ConfigError(f"{source}: there is no question {name!r}; there are {', '.join(known)}")
        question = known[name]
        if question.choices and answer not in question.choices:
            allowed = ", ".join(question.choices)
            raise ConfigError(f"{source}: {name} = {answer!r}: Expected one of {allowed}")
        table, _, key = question.key.partition(".")
        value = _number(answer) if name.endswith("_pin") or name == "false_opens" else answer
        for where, keys in (question.choices.get(answer) or {table: {key: value}}).items():
            tables.setdefault(where, {}).update(keys)
    return tables


def _number(answer: object) -> object:
    """What was typed, as a number if it is one; the configuration refuses what is not."""
    try:
        return msgspec.json.decode(answer) if isinstance(answer, str) else answer
    except msgspec.DecodeError:
        return answer


def read_answers(path: Path) -> dict[str, Any]:
    """The answers in a TOML file, ``name = value`` a line.

    Raises:
        ConfigError: if it cannot be read.
    """
    try:
        return tomllib.loads(path.read_text())
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} holds no answers: {error}", "Write `name = value` lines") from error


def composed(before: Settings, answered: Tables) -> str:
    """The text of a configuration file: every key with its comment, what differs from the default written in.

    Args:
        before: what the site has now, or the defaults.
        answered: what to change of it.

    Raises:
        ConfigError: if the door could not run with it, naming key and what is allowed.
        ModelError: if there is no such pack.
    """
    default, wanted = msgspec.to_builtins(load(None)), msgspec.to_builtins(before)
    for table, keys in answered.items():
        wanted[table].update(keys)
    after = load(None, wanted)
    read_manifest().chosen(after.models.pack)
    if after.door.hardware == "gpio":
        door_lines(after)
    text = default_text()
    for table, keys in wanted.items():
        for key, value in keys.items():
            if value != default[table][key]:
                text = _with(text, table, key, value)
    return text


def difference(before: str, after: str, name: str) -> str:
    """A unified diff; empty where the texts are equal."""
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), f"{name} (now)", f"{name} (new)", lineterm="", n=1
    )
    return "\n".join(lines)


def beside(path: Path, before: Settings) -> Tables:
    """The key that the installer made beside the configuration, so that verbs and service use the same."""
    key = path.with_name("gallery.key")
    return {"store": {"key": str(key)}} if key.exists() and not before.store.key else {}


def write(path: Path, text: str) -> None:
    """Put a configuration in its place: the old one or the new one, whatever happens meanwhile.

    Raises:
        ConfigError: if it cannot be written.
    """
    try:
        replace_text(path, text)
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be written ({error.strerror})", "Run it as root, or name a file of yours"
        ) from error


def _with(text: str, table: str, key: str, value: object) -> str:
    """The same text with another value in the line of one key; its comment keeps its place if it can."""
    head, heading, rest = text.partition(f"\n[{table}]")
    written = msgspec.json.encode(value).decode()

    def line(match: re.Match[str]) -> str:
        start, comment = f"{key} = {written}", match["comment"].lstrip()
        column = len(match[0]) - len(comment)
        return f"{start.ljust(column)}{comment}" if len(start) < column else f"{start} {comment}".rstrip()

    pattern = rf"(?m)^{key} = (?:\"[^\"\n]*\"|\[[^\]\n]*\]|[^\s#]+)(?P<comment> *(?:#.*)?)$"
    changed, times = re.subn(pattern, line, rest, count=1)
    if times != 1:
        raise ConfigError(f"default.toml has no line for {table}.{key}", "Reinstall edge_gate")
    return head + heading + changed
