"""`edge-gate calibrate`: turn a dataset into the record that thresholds are derived from."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.table import Table

from edge_gate.cli.evaluate import Dataset, Models, Pack, Remember, bar, chosen, written
from edge_gate.cli.site import console
from edge_gate.digest import sha256
from edge_gate.errors import UnreadableInput
from edge_gate.evaluation.budget import Budget, servable
from edge_gate.evaluation.calibrating import calibrate as recorded
from edge_gate.evaluation.report import evidence_of
from edge_gate.face.alignment import PREPROCESSING
from edge_gate.service.laboratory import Laboratory
from edge_gate.service.policy import looks
from edge_gate.store.manifest import models_directory, read_manifest


def calibrate(
    context: typer.Context,
    dataset: Dataset,
    pack: Pack = None,
    models: Models = None,
    cache: Remember = None,
    out: Annotated[
        Path | None, typer.Option(help="Where to write it; models/calibration/PACK.json unless told.")
    ] = None,
) -> None:
    """Measure what a score means for a pack: the map from threshold to false match rate, and how sure it is.

    The record counts only once the manifest names its hash, which is printed.
    """
    settings = chosen(context, pack, models)
    laboratory = Laboratory(settings, dataset, cache, 0, bar)
    samples = laboratory.samples()
    manifest, name = read_manifest(), settings.models.pack
    parts = manifest.chosen(name)
    try:
        record = recorded(
            evidence_of(samples),
            pack=name,
            detector=manifest.detector(parts).sha256,
            embedder=manifest.embedder(parts).sha256,
            preprocessing=PREPROCESSING,
            dataset=f"{laboratory.name} {samples.digest}",
        )
    except ValueError as error:
        raise UnreadableInput(f"{dataset}: {error}", "Give a dataset of more people") from error
    path = out or models_directory() / "calibration" / f"{name}.json"
    text = msgspec.json.format(msgspec.json.encode(record), indent=1).decode() + "\n"
    written(path, text)
    last = record.measured[-1]
    console.print(f"{path}", markup=False)
    console.print(f"{record.people:,} people, {record.mated:,} mated, {record.nonmated:,} other comparisons")
    console.print(
        f"measured to a threshold of {last.threshold:.3f}: one false match in {1 / last.fmr_bound:,.0f} "
        f"comparisons at most, {last.fnmr:.1%} of the right person's refused"
    )
    table = Table(
        "false openings", "1 template each", "3 templates each", title="people that face alone can serve"
    )
    most = settings.budget.false_rejects
    for odds in (100, 1_000, 10_000):
        served = [servable(Budget(1 / odds, most), record, each, looks(settings)) for each in (1, 3)]
        table.add_row(f"1 in {odds:,}", *(f"{people:,}" for people in served))
    console.print(table)
    console.print(f'[pack.{name}] calibration = "{sha256(text.encode())}"', markup=False)
