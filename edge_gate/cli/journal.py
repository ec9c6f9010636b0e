"""`edge-gate journal`: what happened."""

import sys
from collections.abc import Iterable
from contextlib import closing
from typing import Annotated, Literal

import typer

from edge_gate.access.events import DecisionMarked
from edge_gate.cli.owner import user
from edge_gate.cli.site import Json, complaints, console, say_json, site
from edge_gate.errors import JournalError
from edge_gate.provisioning.ledger import ledger
from edge_gate.service import wiring
from edge_gate.store.case import case_of, redecided
from edge_gate.store.journal import Journal
from edge_gate.store.record import Record, csv_lines, json_lines

app = typer.Typer(help="What happened at the door.", no_args_is_help=True)


@app.command()
def tail(
    context: typer.Context,
    count: Annotated[int, typer.Option("-n", min=1, help="How many records.")] = 20,
    json: Json = False,
) -> None:
    """The newest records, oldest first."""
    with closing(wiring.journal(site(context).settings())) as journal:
        for record in journal.tail(count):
            if json:
                say_json(record.as_json())
            else:
                console.print(_line(record), markup=False, soft_wrap=True)


@app.command()
def export(
    context: typer.Context,
    form: Annotated[Literal["jsonl", "csv"], typer.Option("--format", help="jsonl or csv.")] = "jsonl",
    since: Annotated[int, typer.Option(help="Only records after this number.")] = 0,
) -> None:
    """Every record with its hash, to the standard output."""
    with closing(wiring.journal(site(context).settings())) as journal:
        records = journal.records(since)
        lines: Iterable[str] = csv_lines(records) if form == "csv" else json_lines(records)
        sys.stdout.writelines(f"{line}\n" for line in lines)


@app.command()
def verify(
    context: typer.Context,
    witness: Annotated[
        tuple[int, str] | None, typer.Option(help="Number and hash of a record, noted elsewhere.")
    ] = None,
) -> None:
    """Follow the hash chain from the first record to the last; any edit is found and named."""
    with closing(wiring.journal(site(context).settings())) as journal:
        console.print(f"{journal.verify(witness)} records, the chain is whole")


@app.command()
def replay(
    context: typer.Context,
    number: Annotated[int, typer.Argument(help="A record of a decision.")],
    json: Json = False,
) -> None:
    """Decide once more on what a record holds; exit 9 if it does not come out the same."""
    with closing(wiring.journal(site(context).settings())) as journal:
        record = _numbered(journal, number)
    again = redecided(record)
    if json:
        told = {"event": again.event, "subject": again.subject, "reason": again.reason, "score": again.score}
        say_json({"seq": number, "same": again == record, **told})
    else:
        console.print(_line(again), markup=False, soft_wrap=True)
    if again != record:
        raise JournalError(f"Record {number} says otherwise: {record.event} {record.reason or ''}")
    complaints.print("the same as was decided then")


@app.command()
def mark(
    context: typer.Context,
    number: Annotated[int, typer.Argument(help="A record of a decision.")],
    verdict: Annotated[Literal["wrong", "right"], typer.Argument(metavar="wrong|right")],
    reason: Annotated[str, typer.Option(help="How you know; it is written in the journal.")] = "",
) -> None:
    """Say that a decision was wrong (the wrong one let in, a rightful one kept out), or right after all.

    The record stays as it is; the mark is a record of its own, which `evaluate --from-journal` heeds.
    """
    settings = site(context).settings()
    with ledger(settings) as book:
        with closing(wiring.journal(settings)) as journal:
            case_of(_numbered(journal, number))
        book.note(DecisionMarked(user(), reason, number, wrong=verdict == "wrong"))
    console.print(f"record {number} is marked as {verdict}")


def _numbered(journal: Journal, number: int) -> Record:
    record = next(journal.records(number - 1), None)
    if record is None or record.seq != number:
        raise JournalError(f"There is no record {number}", "`edge-gate journal tail` shows the newest")
    return record


def _line(record: Record) -> str:
    score = "" if record.score is None else f"score {record.score:.3f}"
    return (
        f"{record.seq:6} {record.utc} {record.event:17} {record.subject or '-'} {record.reason or ''} {score}"
    )
