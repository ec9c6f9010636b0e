"""The report as one HTML file that needs nothing beside it."""

import base64
from collections.abc import Iterable, Iterator
from html import escape
from itertools import pairwise
from math import log10
from pathlib import Path

import cv2

from edge_gate.evaluation.attacks import Attacks
from edge_gate.evaluation.bootstrap import Estimate
from edge_gate.evaluation.intervals import Rate
from edge_gate.evaluation.report import Report
from edge_gate.evaluation.verification import Level, Verification

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; color: #222 }
table { border-collapse: collapse; margin: 1rem 0 } td, th { padding: .2rem .7rem; text-align: right }
th { border-bottom: 1px solid #888 } td:first-child, th:first-child { text-align: left }
svg { width: 100%; max-width: 46rem } .axis { stroke: #888; fill: none } .grid { stroke: #ddd }
text { font-size: 11px; fill: #555 } .note { color: #666 }
"""
_INTERVALS = (
    "Brackets hold 95 % intervals; comparisons that share a person are not independent, and the intervals "
    "know it. Where no error was seen, the rate lies below three in so many tries."
)
WIDTH, HEIGHT, EDGE = 640, 360, 50


def page(report: Report, pictures: Path | None) -> str:
    """The whole page.

    Args:
        report: what to show.
        pictures: the dataset's folder, to show the worst pairs; None shows nobody.
    """
    subject, verification = report.subject, report.verification
    title = f"{subject.pack} on {subject.dataset}"
    body = [
        f"<h1>{escape(title)}</h1>",
        f"<p>{subject.pictures:,} pictures, {subject.people:,} people, seed {subject.seed}. {_INTERVALS}</p>",
        "<h2>Failure to acquire</h2>",
        f"<p>{_rate(report.failure_to_acquire.overall)}</p>",
        _table(("reason", "pictures"), ((k, f"{v:,}") for k, v in report.failure_to_acquire.reasons.items())),
        "<h2>One comparison</h2>",
        f"<p>{verification.mated:,} mated and {verification.nonmated:,} non-mated comparisons.</p>",
        f"<p>EER {_estimate(verification.eer)}</p>",
        _accepted(verification),
        "<h3>Detection error trade-off</h3>",
        _det(verification.levels),
        "<h3>How many reach each score</h3>",
        _scores(verification.levels),
    ]
    if report.pairs:
        pairs = report.pairs
        body += [
            "<h2>List of pairs</h2>",
            f"<p>Accuracy {pairs.accuracy:.2%}, standard deviation {pairs.accuracy_std:.2%}.</p>",
            f"<p>{pairs.pairs:,} pairs, {pairs.failed} with a failure, {pairs.absent} absent.</p>",
        ]
    body += ["<h2>Search</h2>", _searches(report)]
    if report.presentation_attacks:
        body += ["<h2>Presentation attacks</h2>", _attacks(report.presentation_attacks)]
    if report.ablation:
        body += ["<h2>How much of the picture the embedder sees</h2>", _ablation(report)]
    if report.suspects:
        body += ["<h2>Labels that look wrong</h2>", "".join(_suspects(report, pictures))]
    head = f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(title)}</title>"
    return f"{head}<style>{_STYLE}</style>{''.join(body)}</html>\n"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    cells = "".join(f"<th>{escape(name)}" for name in head)
    lines = "".join("<tr>" + "".join(f"<td>{escape(cell)}" for cell in row) for row in rows)
    return f"<table><tr>{cells}{lines}</table>"


def _accepted(verification: Verification) -> str:
    return _table(
        ("FMR", "threshold", "TAR", "false matches behind it"),
        (
            (
                f"{each.fmr:.0e}",
                f"{each.threshold:.3f}",
                _estimate(each.tar),
                f"{each.errors:,}{'' if each.supported else ' (too few)'}",
            )
            for each in verification.accepted
        ),
    )


def _attacks(attacks: Attacks) -> str:
    rows = (
        (name, _rate(species.apcer) if species.apcer else "no model", _rate(species.iapar))
        for name, species in attacks.species.items()
    )
    suspected = _rate(attacks.bpcer) if attacks.bpcer else "not measured: no liveness model"
    return f"{_table(('species', 'APCER', 'IAPAR'), rows)}<p>BPCER {suspected}</p>"


def _searches(report: Report) -> str:
    return _table(
        ("enrolled", "frames", "least lead", "strangers", "FPIR", "threshold", "FNIR"),
        (
            (
                f"{search.enrolled:,}",
                str(search.frames),
                f"{search.lead:.2f}",
                f"{search.strangers:,}",
                f"{point.fpir:.0e}{'' if point.supported else ' (too few)'}",
                f"{point.threshold:.3f}",
                _estimate(point.fnir),
            )
            for search in report.identification
            for point in search.points
        ),
    )


def _ablation(report: Report) -> str:
    return _table(
        ("the embedder sees", "faces", "accuracy", "EER", "pairs", "failed"),
        (
            (
                arm.way,
                "small, anywhere in 640x480" if arm.in_a_scene else "as photographed",
                _estimate(arm.accuracy),
                _estimate(arm.eer),
                f"{arm.pairs:,}",
                f"{arm.failed:,}",
            )
            for arm in report.ablation or ()
        ),
    )


def _suspects(report: Report, pictures: Path | None) -> Iterator[str]:
    for suspect in report.suspects:
        yield f"<p>{suspect.kind.replace('_', ' ')}, score {suspect.score:.3f}: "
        yield f"{escape(suspect.one)} and {escape(suspect.two)}</p>"
        if pictures:
            yield "".join(_inline(pictures / image) for image in (suspect.one, suspect.two))


def _inline(path: Path) -> str:
    image = cv2.imread(str(path))
    if image is None:
        return ""
    scale = 160 / max(image.shape[:2])
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    data = base64.b64encode(cv2.imencode(".jpg", small)[1].tobytes()).decode()
    return f'<img alt="" src="data:image/jpeg;base64,{data}">'


def _det(levels: tuple[Level, ...]) -> str:
    """FMR across, FNMR up, both logarithmic; the band is the 95 % interval of FNMR."""
    shown = [level for level in levels if level.fmr.value > 0 and level.fnmr.value > 0]
    if not shown:
        return "<p class=note>No threshold with errors of both kinds.</p>"
    least = min(log10(level.fmr.value) for level in shown), min(log10(level.fnmr.value) for level in shown)

    def point(fmr: float, fnmr: float) -> str:
        across = EDGE + (log10(fmr) - least[0]) / -least[0] * (WIDTH - 2 * EDGE)
        up = HEIGHT - EDGE - (log10(max(fnmr, 10 ** least[1])) - least[1]) / -least[1] * (HEIGHT - 2 * EDGE)
        return f"{across:.1f},{up:.1f}"

    line = " ".join(point(level.fmr.value, level.fnmr.value) for level in shown)
    band = " ".join(
        [point(level.fmr.value, level.fnmr.high) for level in shown]
        + [point(level.fmr.value, level.fnmr.low) for level in reversed(shown)]
    )
    marks = "".join(
        _label(point(10.0**power, 1).split(",")[0], HEIGHT - EDGE + 16, f"1e{power}", "middle")
        for power in range(int(least[0]), 1)
    ) + "".join(
        _label(EDGE - 6, point(1, 10.0**power).split(",")[1], f"1e{power}", "end")
        for power in range(int(least[1]), 1)
    )
    return _drawing(
        f'<polygon points="{band}" fill="#cde"/><polyline points="{line}" fill="none" stroke="#036"/>{marks}',
        "false match rate",
        "false non-match rate",
    )


def _scores(levels: tuple[Level, ...]) -> str:
    """Share of mated and of non-mated comparisons between one threshold of the table and the next."""
    low, high = levels[0].threshold, levels[-1].threshold
    pairs = list(pairwise(levels))
    kinds = {
        "#036": [after.fnmr.value - before.fnmr.value for before, after in pairs],
        "#c40": [before.fmr.value - after.fmr.value for before, after in pairs],
    }
    drawn = ""
    for colour, shares in kinds.items():
        most = max(*shares, 1e-12)
        dots = " ".join(
            f"{EDGE + (before.threshold - low) / (high - low) * (WIDTH - 2 * EDGE):.1f},"
            f"{HEIGHT - EDGE - share / most * (HEIGHT - 2 * EDGE):.1f}"
            for (before, _), share in zip(pairs, shares, strict=True)
        )
        drawn += f'<polyline points="{dots}" fill="none" stroke="{colour}"/>'
    drawn += _label(EDGE, HEIGHT - EDGE + 16, f"{low:.2f}", "start")
    drawn += _label(WIDTH - EDGE, HEIGHT - EDGE + 16, f"{high:.2f}", "end")
    return _drawing(drawn, "score (blue: one person, orange: two; each to its own height)", "share")


def _label(across: float | str, down: float | str, text: str, anchor: str) -> str:
    return f'<text x="{across}" y="{down}" text-anchor="{anchor}">{text}</text>'


def _drawing(inside: str, across: str, up: str) -> str:
    frame = f'<path class="axis" d="M{EDGE},{EDGE} V{HEIGHT - EDGE} H{WIDTH - EDGE}"/>'
    names = _label(WIDTH / 2, HEIGHT - 12, across, "middle") + _label(EDGE, EDGE - 14, up, "start")
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img">{frame}{inside}{names}</svg>'


def _estimate(figure: Estimate) -> str:
    return f"{figure.value:.2%} ({figure.low:.2%} to {figure.high:.2%})"


def _rate(rate: Rate) -> str:
    return f"{rate.value:.2%} ({rate.low:.2%} to {rate.high:.2%}, {rate.errors:,} of {rate.tries:,})"
