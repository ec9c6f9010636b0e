"""`edge-gate enrol --from`: the progress bar, the lists at the end, and the report."""

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing, nullcontext
from pathlib import Path

import msgspec
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from edge_gate.cli.site import complaints, console, say_json
from edge_gate.config import Settings
from edge_gate.errors import UnreadableInput
from edge_gate.face.comparison import Roster
from edge_gate.provisioning.bulk import Likeness, Outcome, Result, Wanted, enrol_all, read_table
from edge_gate.provisioning.ledger import ledger
from edge_gate.provisioning.lookalikes import audit, expected
from edge_gate.service import wiring

COLOURS = {Outcome.REJECTED: "red", Outcome.DUPLICATE: "yellow"}


def enrol_many(
    settings: Settings,
    table: Path,
    photos: Path,
    workers: int,
    report: Path | None,
    *,
    dry_run: bool,
    json: bool,
) -> None:
    """Enrol everybody in a table, and say what became of each."""
    people = read_table(table, photos)
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=complaints,
        disable=json,
    )
    told: list[Result] = []
    book = nullcontext() if dry_run else ledger(settings)
    with closing(wiring.gallery(settings)) as gallery, book as noted, bar:
        likeness = _likeness(settings, people, gallery.roster())
        task = bar.add_task("dry run" if dry_run else "enrolling", total=len(people))
        results = enrol_all(people, lambda: wiring.eyes(settings), gallery, noted, likeness, workers=workers)
        for result in results:
            if json:
                say_json(_plain(result))
            if report or result.outcome in COLOURS or result.reasons or result.alike:
                told.append(result)
            bar.advance(task)
            counted = Counter(each.outcome for each in told)
            bar.update(task, description=f"{counted[Outcome.REJECTED]} rejected")
        alike = () if dry_run else audit(settings, gallery.roster()).new
    if report:
        _write(report, told)
    if not json:
        _say(told, len(people), dry_run=dry_run)
        if alike:
            console.print(
                f"{len(alike)} pairs need a card or PIN besides the face: `edge-gate gallery audit`"
            )


def _likeness(settings: Settings, people: Sequence[Wanted], roster: Roster) -> Likeness:
    """What the budget allows once everybody in the table is enrolled: thresholds rise with a gallery."""
    coming = [wanted for wanted in people if wanted.name not in roster.subjects]
    photographs = sum(len(wanted.photographs) for wanted in coming)
    answer = expected(settings, roster, len(coming), photographs)
    return Likeness.of(answer, wiring.calibration(settings))


def _say(told: Iterable[Result], people: int, *, dry_run: bool) -> None:
    refused = 0
    for result in told:
        for reason in result.reasons:
            colour = COLOURS.get(result.outcome, "dim")
            console.print(
                f"[{colour}]{result.outcome:9}[/] {escape(f'{result.name}: {reason}')}", soft_wrap=True
            )
        if result.outcome is Outcome.ENROLLED:
            for other, score in result.alike:
                words = f"{result.name} and {other} look alike (score {score:.2f})"
                console.print(f"[yellow]alike    [/] {escape(words)}", soft_wrap=True)
        refused += result.outcome in COLOURS
    done = "could be enrolled" if dry_run else "are enrolled"
    console.print(f"{people - refused} of {people} people {done}; {refused} are not")
    if any(result.alike for result in told):
        console.print(
            "next: give look-alikes a card or PIN; a duplicate who is another person: `edge-gate enrol`"
        )


def _plain(result: Result) -> dict[str, object]:
    alike = [{"subject": name, "score": round(score, 4)} for name, score in result.alike]
    return {**msgspec.to_builtins(result), "alike": alike}


def _write(path: Path, told: Iterable[Result]) -> None:
    try:
        with path.open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(("name", "outcome", "templates", "reasons", "alike"))
            for each in told:
                alike = "; ".join(f"{name} {score:.2f}" for name, score in each.alike)
                row = (each.name, each.outcome, each.templates, "; ".join(each.reasons), alike)
                rows.writerow([f"'{cell}" if str(cell)[:1] in tuple("=+-@\t\r") else cell for cell in row])
    except OSError as error:
        raise UnreadableInput(
            f"{path} cannot be written ({error.strerror})", "Name another report"
        ) from error
