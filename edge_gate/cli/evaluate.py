"""`edge-gate evaluate`: how often this door would be wrong, measured on a dataset."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from msgspec.structs import replace
from rich.progress import track
from rich.table import Table

from edge_gate.cli.evaluate_traffic import tell_traffic
from edge_gate.cli.owner import user
from edge_gate.cli.site import Json, complaints, console, say_json, site
from edge_gate.config import Settings, Tables
from edge_gate.errors import UnreadableInput
from edge_gate.evaluation.ablation import Arm, ablate
from edge_gate.evaluation.attacks import Attacks
from edge_gate.evaluation.bootstrap import Estimate
from edge_gate.evaluation.dataset import Photograph
from edge_gate.evaluation.identification import Search
from edge_gate.evaluation.intervals import Rate
from edge_gate.evaluation.looking import WAYS
from edge_gate.evaluation.page import page
from edge_gate.evaluation.pairs import draw_pairs, folded, read_pairs
from edge_gate.evaluation.report import Report, Subject, measure
from edge_gate.evaluation.verification import Verification
from edge_gate.provisioning.traffic import evaluated
from edge_gate.service.laboratory import Laboratory
from edge_gate.store.manifest import read_manifest

FOLDER = "A folder with an index.csv (image, subject, role), or a folder for each person."
Dataset = Annotated[
    Path,
    typer.Argument(help=FOLDER),
]
Optional = Annotated[
    Path | None,
    typer.Argument(help=FOLDER),
]
Journal = Annotated[
    bool,
    typer.Option(
        "--from-journal",
        help="Instead of a dataset: what this door's own journal says. Needs people's consent.",
    ),
]
Pack = Annotated[str | None, typer.Option(help="Models to use instead of the configuration's.")]
Models = Annotated[Path | None, typer.Option(help="Where weights that are not ours lie.")]
Remember = Annotated[
    Path | None,
    typer.Option(
        "--cache", help="Remember what was seen here, to resume. Biometric data: only you can read it."
    ),
]
Seed = Annotated[int, typer.Option(min=0, help="Of everything drawn; the same seed, the same figures.")]


def evaluate(
    context: typer.Context,
    dataset: Optional = None,
    pack: Pack = None,
    models: Models = None,
    cache: Remember = None,
    pairs: Annotated[
        Path | None, typer.Option(help="Also a list of pairs in folds, like LFW's pairs.txt.")
    ] = None,
    ablation: Annotated[
        bool, typer.Option("--ablate", help="Also the whole picture, and the box without alignment.")
    ] = False,
    html: Annotated[Path | None, typer.Option(help="Write the report as one HTML file.")] = None,
    pictures: Annotated[
        bool, typer.Option("--pictures", help="Put the worst pairs' pictures into it; they show people.")
    ] = False,
    from_journal: Journal = False,
    seed: Seed = 1,
    json: Json = False,
) -> None:
    """Measure error rates on a dataset, through the door's own detector, alignment, gates and embedder."""
    if from_journal == (dataset is not None):
        raise typer.BadParameter("give a DATASET, or --from-journal")
    settings = chosen(context, pack, models)
    if dataset is None:
        tell_traffic(evaluated(settings, user()), json=json)
        return
    listed = read_pairs(pairs) if pairs else None
    laboratory = Laboratory(settings, dataset, cache, seed, bar)
    samples = laboratory.samples()
    subject = Subject(
        settings.models.pack,
        f"{laboratory.name} {samples.digest}",
        len(samples.images),
        len(samples.names),
        seed,
    )
    try:
        report = measure(samples, subject, lead=settings.decision.lead, least_live=least_live(settings))
    except ValueError as error:
        raise UnreadableInput(f"{dataset}: {error}", "Give a dataset of more people or pictures") from error
    if listed:
        report = replace(report, pairs=folded(samples, listed))
    if ablation:
        drawn = listed or draw_pairs(samples, seed)
        report = replace(report, ablation=ablate(laboratory.otherwise, tuple(WAYS), drawn, seed))
    if html:
        written(html, page(report, dataset if pictures else None))
    if json:
        say_json(msgspec.to_builtins(report))
    else:
        _tell(report)


def chosen(context: typer.Context, pack: str | None, models: Path | None) -> Settings:
    """The configuration, with the models a command names."""
    changes: Tables = {"models": {}}
    if pack:
        changes["models"]["pack"] = pack
    if models:
        changes["models"]["directory"] = str(models)
    return site(context).settings(changes)


def bar(photographs: Iterable[Photograph], title: str, total: int) -> Iterable[Photograph]:
    """A progress bar where people read, nothing in a pipe."""
    return track(photographs, title, total, console=complaints, disable=not complaints.is_terminal)


def least_live(settings: Settings) -> float | None:
    """The liveness score that passes; None where the pack has no model for it."""
    pack = read_manifest().chosen(settings.models.pack, settings.models.liveness)
    return pack.least_live if pack.liveness and not settings.liveness.waiver else None


def written(path: Path, text: str) -> None:
    """Write a file the user named.

    Raises:
        UnreadableInput: if it cannot be written.
    """
    try:
        path.write_text(text)
    except OSError as error:
        raise UnreadableInput(f"{path} cannot be written ({error.strerror})", "Name another file") from error


def _tell(report: Report) -> None:
    subject, failed = report.subject, report.failure_to_acquire
    console.print(f"{subject.pack} on {subject.dataset}")
    console.print(f"{subject.pictures:,} pictures of {subject.people:,} people")
    reasons = ", ".join(f"{reason} {count}" for reason, count in failed.reasons.items()) or "none"
    console.print(f"failure to acquire  {_rate(failed.overall)}: {reasons}")
    _tell_verification(report.verification)
    if report.pairs:
        pairs = report.pairs
        console.print(
            f"pairs               {pairs.accuracy:.2%} ± {pairs.accuracy_std:.2%} over {pairs.folds} folds, "
            f"{pairs.pairs:,} pairs, {pairs.failed} with a failure, {pairs.absent} absent"
        )
    console.print(_searches(report.identification))
    if report.presentation_attacks:
        _tell_attacks(report.presentation_attacks)
    for suspect in report.suspects:
        console.print(
            f"look at {suspect.kind}: {suspect.one} {suspect.two} {suspect.score:.3f}", markup=False
        )
    if report.ablation:
        console.print(_arms(report.ablation))


def _tell_verification(verification: Verification) -> None:
    console.print(
        f"one to one          {verification.mated:,} mated, {verification.nonmated:,} non-mated comparisons"
    )
    console.print(f"  EER               {_estimate(verification.eer)} at {verification.eer_threshold:.3f}")
    for each in verification.accepted:
        doubt = "" if each.supported else f"  [yellow]only {each.errors} false matches carry this[/]"
        console.print(f"  TAR at FMR {each.fmr:.0e}  {_estimate(each.tar)} at {each.threshold:.3f}{doubt}")


def _tell_attacks(attacks: Attacks) -> None:
    for name, species in attacks.species.items():
        missed = f"APCER {_rate(species.apcer)}, " if species.apcer else ""
        console.print(f"attack {name}: {missed}IAPAR {_rate(species.iapar)}", markup=False)
    if attacks.bpcer:
        console.print(f"real faces taken for attacks (BPCER) {_rate(attacks.bpcer)}")


def _searches(searches: tuple[Search, ...]) -> Table:
    table = Table("enrolled", "frames", "lead", "strangers", "FPIR", "threshold", "FNIR", title="search")
    for search in searches:
        for point in search.points:
            table.add_row(
                f"{search.enrolled:,}",
                str(search.frames),
                f"{search.lead:.2f}",
                f"{search.strangers:,}",
                f"{point.fpir:.0e}{'' if point.supported else ' ?'}",
                f"{point.threshold:.3f}",
                _estimate(point.fnir),
            )
    return table


def _arms(arms: tuple[Arm, ...]) -> Table:
    table = Table("the embedder sees", "faces", "accuracy", "EER", "pairs", "failed", title="ablation")
    for arm in arms:
        where = "small, anywhere in 640x480" if arm.in_a_scene else "as photographed"
        accuracy, errors = _estimate(arm.accuracy), _estimate(arm.eer)
        table.add_row(arm.way, where, accuracy, errors, f"{arm.pairs:,}", f"{arm.failed:,}")
    return table


def _estimate(figure: Estimate) -> str:
    return f"{figure.value:.2%} ({figure.low:.2%} to {figure.high:.2%})"


def _rate(rate: Rate) -> str:
    return f"{rate.value:.2%} ({rate.low:.2%} to {rate.high:.2%}, {rate.errors:,} of {rate.tries:,})"
