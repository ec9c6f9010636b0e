"""`edge-gate tune`: how the networks run fastest on this board."""

from pathlib import Path

import msgspec
import typer
from rich.progress import Progress

from edge_gate.cli.site import Json, complaints, console, say_json, site
from edge_gate.service.tune import tune as measured
from edge_gate.store.tuning import write_tuning


def tune(context: typer.Context, json: Json = False) -> None:
    """Measure engines, precisions, threads and sizes on this board; keep what is fastest and sees as well."""
    settings = site(context).settings()
    with Progress(console=complaints, transient=True) as bar:
        task = bar.add_task("measuring", total=1.0)
        tuning = measured(settings, lambda done: bar.update(task, completed=done))
    path = write_tuning(Path(settings.store.state), tuning)
    if json:
        say_json(msgspec.to_builtins(tuning))
        return
    for figure in tuning.figures:
        console.print(f"  {figure}", markup=False, soft_wrap=True)
    for role, choice in (("detector", tuning.detector), ("embedder", tuning.embedder)):
        side = f" at {choice.side} px" if choice.side else ""
        console.print(f"[bold]{role:9}[/] {choice.model}, {choice.threads} threads{side}")
    console.print(f"kept in {path}; the daemon heeds it from its next start", soft_wrap=True)
