"""`edge-gate bench`: what the door costs on this board, and how soon it decides."""

import platform
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import cv2
import numpy as np
import typer
from rich.progress import Progress
from rich.table import Table

from edge_gate.cli.site import Json, complaints, console, say_json, site
from edge_gate.config import WAIVER, Settings, Tables
from edge_gate.service import bench as street
from edge_gate.service import bench_process as outside
from edge_gate.store.manifest import read_manifest

STARTS = 15
SIZES = (10_000, 100_000)


def bench(
    context: typer.Context,
    picture: Annotated[Path | None, typer.Option(help="Write the figures as a .png to look at.")] = None,
    million: Annotated[bool, typer.Option("--million", help="Search a million templates: 1.5 GB.")] = False,
    json: Json = False,
) -> None:
    """Measure stages, decisions, idle and busy load, memory and start on this board: a minute or two."""
    with (
        tempfile.TemporaryDirectory() as home,
        tempfile.TemporaryDirectory(dir=outside.in_memory()) as films,
        Progress(console=complaints, transient=True, refresh_per_second=1) as bar,
    ):

        def step(name: str) -> Callable[[float], None]:
            task = bar.add_task(name, total=1.0)
            return lambda share: bar.update(task, completed=share)

        settings = _settings(context, Path(home))
        sizes = (*SIZES, *((1_000_000,) if million else ()))
        report = _measured(settings, Path(home), Path(films), sizes, step)
    if picture:
        cv2.imwrite(str(picture), _chart(report))
    if json:
        say_json(report)
    else:
        _tell(report)


def _settings(context: typer.Context, home: Path) -> Settings:
    """The site's, before a simulated door, with a gallery of its own and this board's tuning."""
    configured = site(context).settings()
    tuning = Path(configured.store.state) / "tuning.toml"
    if tuning.is_file():
        (home / "tuning.toml").write_bytes(tuning.read_bytes())
    changes: Tables = {
        "store": {"state": str(home)},
        "door": {"hardware": "simulated"},
        "camera": {"width": 640, "height": 480},
    }
    pack = read_manifest().chosen(configured.models.pack, configured.models.liveness)
    if not pack.liveness or configured.liveness.waiver:
        changes["liveness"] = {"waiver": WAIVER}
    return site(context).settings(changes)


def _measured(
    settings: Settings,
    home: Path,
    films: Path,
    sizes: tuple[int, ...],
    step: Callable[[str], Callable[[float], None]],
) -> dict[str, Any]:
    pictures = street.footage(step("rendering 600 frames"))
    clip = street.clip(settings, pictures, step("the street, frame by frame"))
    progress = step("stage by stage")
    stages = street.stages(settings, pictures)
    progress(1.0)
    progress, work = step("the daemon at real time"), dict[str, Any]()
    spans = {"idle": pictures[:150], "busy": pictures[165:195]}
    for done, (name, span) in enumerate(spans.items(), 1):
        film = outside.filmed(span, films / f"{name}.y4m", times=2 * 150 // len(span))
        work[name] = outside.at_work(outside.prepared(settings, home, film), film)
        film.unlink()
        progress(done / len(spans))
    progress, starts = step("starts"), []
    film = outside.filmed(pictures[180:195], films / "start.y4m")
    command = outside.prepared(settings, home, film)
    outside.installed()
    for turn in range(STARTS):
        starts.append((*outside.start_up(command, film), outside.libraries_alone()))
        progress((turn + 1) / STARTS)
    # Last: a machine that has just taken back the memory of a million templates runs slower for seconds.
    progress = step("searches")
    search = {str(size): asdict(spread) for size, spread in street.searches(sizes)}
    progress(1.0)
    wall, cpu, libraries = (float(np.median(each)) for each in zip(*starts, strict=True))
    ratio = clip.frame_to_decision_ms.p50 / clip.networks_ms.p50
    return {
        "machine": f"{_processor()}, {platform.machine()}, Python {platform.python_version()}",
        "pack": settings.models.pack,
        "tuned": (home / "tuning.toml").exists(),
        **asdict(clip),
        "frame_to_decision_over_networks": round(ratio, 3),
        "stages_ms": {name: asdict(spread) for name, spread in stages.items()},
        "search_ms": search,
        "cpu_percent": {name: each.cpu_percent for name, each in work.items()},
        "camera_percent": {name: each.camera_percent for name, each in work.items()},
        "rss_mb": max(each.rss_mb for each in work.values()),
        "start_ms": {"wall": round(wall), "cpu": round(cpu), "libraries": round(libraries)},
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    named = [line.partition(":")[2].strip() for line in lines if line.startswith(("model name", "Model"))]
    return named[-1] if named else platform.processor()


def _tell(report: dict[str, Any]) -> None:
    console.print(f"[bold]{report['machine']}[/], pack {report['pack']}", soft_wrap=True)
    table = Table("milliseconds of processor time", "p50", "p95", "p99", "n")
    names = {"frame to decision": "frame_to_decision_ms", "  its networks alone": "networks_ms"}
    rows = {name: report[key] for name, key in names.items()} | {"empty frame": report["empty_frame_ms"]}
    rows |= {name.replace("_", " "): spread for name, spread in report["stages_ms"].items()}
    rows |= {f"search among {size}": spread for size, spread in report["search_ms"].items()}
    for name, spread in rows.items():
        table.add_row(name, *(f"{spread[key]:.3f}" for key in ("p50", "p95", "p99")), str(spread["n"]))
    console.print(table)
    console.print(
        f"{report['ms_per_frame']} ms a frame over {report['frames']} frames, a person in a quarter of them: "
        f"{report['looks']} looked at, {report['compared']} compared",
        soft_wrap=True,
    )
    for name in ("idle", "busy"):
        share, camera = report["cpu_percent"][name], report["camera_percent"][name]
        console.print(f"{name}: {share} % of a processor, of which reading the pictures {camera} %")
    start = report["start_ms"]
    console.print(
        f"memory {report['rss_mb']} MB; start to first decision {start['wall']} ms, "
        f"of which loading the libraries {start['libraries']} ms",
        soft_wrap=True,
    )


def _chart(report: dict[str, Any]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Bars for the stages' medians, with p95 as a thin line."""
    rows = {"frame to decision": report["frame_to_decision_ms"], "its networks": report["networks_ms"]}
    rows |= report["stages_ms"]
    canvas = np.full((90 + 34 * len(rows), 860, 3), 255, np.uint8)
    most = max(spread["p95"] for spread in rows.values())

    def write(words: str, x: int, y: int) -> None:
        cv2.putText(canvas, words, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.48, (40, 40, 40), 1, cv2.LINE_AA)

    write(f"{report['machine']}: ms of processor time, median (bar) and p95 (line)", 14, 26)
    for place, (name, spread) in enumerate(rows.items()):
        y = 48 + 34 * place
        median, tail = (200 + round(540 * spread[key] / most) for key in ("p50", "p95"))
        cv2.rectangle(canvas, (200, y), (median, y + 20), (176, 122, 58), -1)
        cv2.line(canvas, (median, y + 10), (tail, y + 10), (120, 120, 120), 1)
        write(name.replace("_", " "), 14, y + 15)
        write(f"{spread['p50']:.3f}", tail + 8, y + 15)
    load = report["cpu_percent"]
    write(
        f"idle {load['idle']} %, busy {load['busy']} % of a processor; {report['rss_mb']} MB; "
        f"first decision {report['start_ms']['wall']} ms after start",
        14,
        canvas.shape[0] - 16,
    )
    return canvas
