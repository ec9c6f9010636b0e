"""What somebody far away needs to help: no template, no picture, no name, no secret."""

import json
import re
import tarfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path

import msgspec

from edge_gate import __version__
from edge_gate.config import Settings
from edge_gate.devices.video import without_password
from edge_gate.errors import EdgeGateError, UnreadableInput
from edge_gate.provisioning.finding import Finding
from edge_gate.provisioning.machine import Machine
from edge_gate.service import wiring
from edge_gate.store.files import write_private
from edge_gate.store.record import Record

RECORDS = 2_000
"""The newest records that are told of."""

KEPT = ("seq", "utc", "t_ms", "event", "reason", "score")
"""What is told of a record. Neither subject nor detail, and no reason that somebody typed."""

TYPED = frozenset({"operator_command", "rules_changed", "decision_marked"})
"""Events whose reason or change is somebody's own words."""

_RECORD = re.compile(r"#\d+ [0-9a-f]{16}$")
"""How a line of the service's log ends that is a record of the journal, which is told of without names."""


def bundle(settings: Settings, findings: list[Finding], machine: Machine, out: Path) -> list[str]:
    """Write a .tar.gz of texts; their names.

    Raises:
        UnreadableInput: if it cannot be made.
    """
    texts = dict(_texts(settings, findings, machine))
    packed = BytesIO()
    with tarfile.open(mode="w:gz", fileobj=packed) as archive:
        for name, text in texts.items():
            about = tarfile.TarInfo(f"edge_gate-support/{name}")
            content = text.encode()
            about.size = len(content)
            archive.addfile(about, BytesIO(content))
    try:
        write_private(out, packed.getvalue())
    except OSError as error:
        raise UnreadableInput(
            f"{out} cannot be made ({error.strerror})", "Name a file that is not there yet"
        ) from error
    return list(texts)


def _texts(settings: Settings, findings: list[Finding], machine: Machine) -> Iterator[tuple[str, str]]:
    names = _names(settings)
    yield (
        "version.txt",
        "\n".join(
            [f"edge_gate {__version__}", *map(machine.text, ("proc/device-tree/model", "proc/version"))]
        ),
    )
    told = msgspec.to_builtins(settings)
    told["camera"]["source"] = without_password(told["camera"]["source"])
    yield "configuration.json", json.dumps(told, indent=1)
    yield (
        "doctor.txt",
        _without(names, "\n".join(f"{f.level} {f.about}: {f.what} | {f.next}" for f in findings)),
    )
    try:
        with closing(wiring.journal(settings)) as journal:
            records = journal.tail(RECORDS)
        lines = "\n".join(json.dumps(_plain(record), ensure_ascii=False) for record in records)
        yield "journal.jsonl", _without(names, lines)
        yield "counts.json", json.dumps(Counter(record.event for record in records), indent=1)
    except EdgeGateError as error:
        yield "journal.txt", error.what
    code, log = machine.run(
        ["journalctl", "--unit=edge-gate", "--no-pager", "--lines=500", "--output=short-iso"]
    )
    log = log if code == 0 else f"journalctl ended with code {code}"
    yield (
        "service.log",
        _without(names, "\n".join(line for line in log.splitlines() if not _RECORD.search(line))),
    )


def _plain(record: Record) -> dict[str, object]:
    told = {name: value for name, value in record.as_json().items() if name in KEPT}
    if record.event in TYPED:
        told["reason"] = None
    return told


def _names(settings: Settings) -> list[str]:
    """Everybody that anything here could name, the longest first."""
    names: set[str] = set()
    try:
        with closing(wiring.gallery(settings)) as gallery:
            names |= gallery.subjects().keys()
        names |= wiring.rulebook(settings).rules().people.keys()
        with closing(wiring.journal(settings)) as journal:
            names |= {record.subject for record in journal.records() if record.subject}
    except EdgeGateError:
        # What cannot be read cannot be taken out: the log, which alone may hold a name, then is left out.
        return [""]
    return sorted(names, key=len, reverse=True)


def _without(names: list[str], text: str) -> str:
    if names == [""]:
        return "left out: the names to take out of it cannot be read\n"
    for name in names:
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "[person]", text)
    return text
