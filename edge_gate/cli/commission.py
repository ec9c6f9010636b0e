"""`edge-gate commission`: prove a door before it is handed over, and sign the proof."""

import getpass
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from edge_gate.access.events import DoorCommissioned
from edge_gate.cli.site import CONFIG, complaints, console, site
from edge_gate.digest import sha256
from edge_gate.errors import ConfigError, Unfit, UnreadableInput
from edge_gate.provisioning.commissioning import Commissioning, Mark, RunningDoor
from edge_gate.provisioning.doctor import examine
from edge_gate.provisioning.ledger import ledger
from edge_gate.provisioning.machine import Machine
from edge_gate.provisioning.report import page
from edge_gate.store.device import Device, signer
from edge_gate.store.files import replace_text

COLOURS = {Mark.PASSED: "green", Mark.FAILED: "bold red", Mark.ABSENT: "dim"}


class _Asked:
    """A person at the terminal."""

    def tell(self, words: str) -> None:
        console.print(f"\n[bold]{words}[/]", soft_wrap=True)

    def confirms(self, name: str, question: str) -> bool:
        del name
        return typer.confirm(question)


class _Scripted:
    """Answers given beforehand; what is not answered is not confirmed."""

    def __init__(self, path: Path) -> None:
        try:
            self._answers = tomllib.loads(path.read_text())
        except (OSError, tomllib.TOMLDecodeError) as error:
            raise ConfigError(f"{path} holds no answers: {error}", "Write `relay = true` lines") from error

    def tell(self, words: str) -> None:
        console.print(words, markup=False, soft_wrap=True)

    def confirms(self, name: str, question: str) -> bool:
        del question
        return self._answers.get(name.replace(" ", "_")) is True


def commission(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="Where the signed report goes (HTML).")] = Path(
        "commissioning.html"
    ),
    answers: Annotated[
        Path | None,
        typer.Option(
            help="A TOML file: `relay = true`, `way_out_with_the_power_off = true`; nobody is asked."
        ),
    ] = None,
    verify: Annotated[
        Path | None, typer.Option(help="Say which board signed this report, and whether it is unaltered.")
    ] = None,
) -> None:
    """Walk through everything this door must do, with the service running, and write a signed report.

    Examination, relay, position switch, exit button, the way out with the power off, fire alarm, housing, a
    live face, the light on it, a photograph of one, and how fast. With one item failed the report says NOT
    commissioned, and the exit code is 16.
    """
    if verify:
        _verify(verify)
        return
    chosen = site(context)
    settings = chosen.settings()
    door = RunningDoor(settings)
    person = _Scripted(answers) if answers else _Asked()
    config = chosen.config or (CONFIG if CONFIG.exists() else None)
    findings = list(examine(config, settings, Machine()))
    items = []
    for item in Commissioning(settings, door, person).items(findings):
        items.append(item)
        console.print(f"[{COLOURS[item.mark]}]{item.mark:10}[/] {item.name}: {item.what}", soft_wrap=True)
    device = Device(Path(settings.store.state))
    who, utc = getpass.getuser(), datetime.now(UTC).isoformat(timespec="seconds")
    report = device.signed(page(settings, items, findings, who=who, utc=utc, device=device.name).encode())
    failed = [item.name for item in items if item.mark is Mark.FAILED]
    try:
        replace_text(out, report.decode())
    except OSError as error:
        raise UnreadableInput(
            f"{out} cannot be written ({error.strerror})", "Name another with --out"
        ) from error
    if failed:
        raise Unfit(
            f"the door is not commissioned: {', '.join(failed)}", f"Mend these, then again; see {out}"
        )
    with ledger(settings) as book:
        book.note(DoorCommissioned(who, sha256(report)))
    console.print(f"\n[bold green]commissioned[/]: {out}, signed by board {device.name}", soft_wrap=True)


def _verify(path: Path) -> None:
    try:
        document = path.read_bytes()
    except OSError as error:
        raise UnreadableInput(f"{path} cannot be read ({error.strerror})") from error
    console.print(f"signed by board {signer(document)}, and unaltered since")
    if b'<h1 class="no">' in document:
        complaints.print("it says that the door is NOT commissioned")
