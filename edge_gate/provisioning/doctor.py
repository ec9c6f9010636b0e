"""The whole examination, from what everything else stands on to what stands on it."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from edge_gate.config import Settings
from edge_gate.errors import EdgeGateError
from edge_gate.provisioning import computer
from edge_gate.provisioning.finding import Finding, Level, fail, failed
from edge_gate.provisioning.machine import Machine

if TYPE_CHECKING:
    from edge_gate.provisioning.senses import Senses


def examine(
    config: Path | None, settings: Settings, machine: Machine, senses: "Senses | None" = None
) -> Iterator[Finding]:
    """Look at everything; a check that breaks off is a finding too.

    Args:
        config: the configuration's file, if it has one.
        settings: of this door.
        machine: the computer.
        senses: how camera and lines are opened; None for the real ones.
    """
    broken = False
    for finding in _each("libraries", computer.libraries(settings, machine)):
        broken = broken or finding.level is Level.FAIL
        yield finding
    yield from _each("clock", computer.clock(settings, machine))
    yield from _each("disk", computer.disk(settings, machine))
    yield from _each("permissions", computer.permissions(settings, machine, config))
    yield from _each("service", computer.service(settings, machine))
    yield from _each("board", computer.board(settings, machine))
    if broken:
        return
    # Not before: a broken library would end the examination where it should be named.
    from edge_gate.provisioning import senses as door  # noqa: PLC0415

    opened = senses or door.Senses()
    yield from _each("strike line", door.lines(settings, opened))
    yield from _each("camera delivers", door.camera(settings, opened))
    yield from _each("models", door.models(settings))
    yield from _each("key", door.key(settings))
    yield from _each("promise", door.promise(settings))
    yield from _each("rules", door.rules(settings))
    yield from _each("journal", door.journal(settings))


def _each(about: str, findings: Iterator[Finding]) -> Iterator[Finding]:
    try:
        yield from findings
    except EdgeGateError as error:
        yield failed(about, error)
    except Exception as error:  # noqa: BLE001 - whatever a broken board raises is what was found
        yield fail(about, f"{type(error).__name__}: {error}", "Report this with `edge-gate support-bundle`")
