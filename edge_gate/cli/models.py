"""`edge-gate models`: which networks the door sees with."""

from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Annotated

import msgspec
import tomlkit
import typer
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn

from edge_gate.cli.site import CONFIG, Json, Site, console, say_json, site
from edge_gate.config import Settings
from edge_gate.devices.download import Folder, Web
from edge_gate.errors import ConfigError, ModelError
from edge_gate.ports import ModelSource
from edge_gate.service import wiring
from edge_gate.service.model_check import check, must_hold
from edge_gate.store.depot import Depot
from edge_gate.store.manifest import Manifest, Model, located, read_manifest

app = typer.Typer(help="The networks the door sees with.", no_args_is_help=True)

Pack = Annotated[str, typer.Argument(help="A pack of `edge-gate models list`.")]


@app.command("list")
def listing(context: typer.Context, json: Json = False) -> None:
    """Every pack, and whether its files are here."""
    settings, manifest = site(context).settings(), read_manifest()
    for name, pack in manifest.pack.items():
        missing = [model.file for model in manifest.files(name) if not _here(settings, model)]
        told = {"pack": name, "in_use": name == settings.models.pack, "missing": missing, "about": pack.about}
        if json:
            say_json(told)
            continue
        mark = "*" if told["in_use"] else " "
        state = "[green]here[/]" if not missing else f"[yellow]{len(missing)} files missing[/]"
        console.print(f"{mark} {name:15} {state}  {escape(pack.about)}", soft_wrap=True)


@app.command()
def show(context: typer.Context, pack: Pack, json: Json = False) -> None:
    """Everything the manifest says of a pack: licences, training data, calibration, what was verified."""
    settings, manifest = site(context).settings(), read_manifest()
    for model in manifest.files(pack):
        told = {**msgspec.to_builtins(model), "here": _here(settings, model)}
        if json:
            say_json(told)
            continue
        console.print(f"[bold]{model.file}[/]  {'here' if told['here'] else 'missing'}")
        for key, value in told.items():
            if key not in ("file", "here"):
                console.print(f"  {key:12} {value}", markup=False, soft_wrap=True)


@app.command()
def pull(
    context: typer.Context,
    pack: Pack,
    source: Annotated[
        str, typer.Option("--from", help="A folder, or the https address of one, instead of the publishers'.")
    ] = "",
    patience: Annotated[float, typer.Option(min=1, help="Seconds the other end may be silent.")] = 30.0,
) -> None:
    """Bring a pack's missing files here. Nothing else in edge_gate ever uses the network."""
    settings, manifest = site(context).settings(), read_manifest()
    depot = _depot(settings)
    missing = [model for model in manifest.files(pack) if not _here(settings, model)]
    origin = _source(source, manifest, patience)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console) as progress:
        for model in missing:
            task = progress.add_task(model.file, total=model.bytes)
            depot.install(model, origin, partial(_advance, progress, task))
    console.print(f"{pack}: {len(missing)} files installed, every file is the one the manifest names")


@app.command("import")
def import_file(
    context: typer.Context, file: Annotated[Path, typer.Argument(help="A file the manifest names.")]
) -> None:
    """Install a model file you have brought; its hash must be in the manifest."""
    settings = site(context).settings()
    model = next((each for each in read_manifest().model.values() if each.file == file.name), None)
    if model is None:
        raise ModelError(
            f"the manifest names no file {file.name}", "See the names in `edge-gate models show`"
        )
    path = _depot(settings).install(model, Folder(file.parent))
    console.print(f"installed as {path}", markup=False, soft_wrap=True)


@app.command()
def verify(context: typer.Context, pack: Annotated[str, typer.Argument()] = "", json: Json = False) -> None:
    """Prove hashes, compare with golden outputs, and tell the cast apart: the pack in use unless told."""
    settings = site(context).settings()
    findings = check(settings, pack or settings.models.pack)
    for finding in findings:
        if json:
            say_json(msgspec.to_builtins(finding))
        else:
            mark = "[green]ok  [/]" if finding.held else "[bold red]FAIL[/]"
            console.print(f"{mark} {finding.file:40} {finding.check:15} {finding.said}", soft_wrap=True)
    must_hold(findings)


@app.command()
def use(context: typer.Context, pack: Pack) -> None:
    """Choose a pack: writes `models.pack` into the configuration, and nothing else."""
    where = site(context)
    settings, manifest = where.settings(), read_manifest()
    chosen = manifest.chosen(pack, settings.models.liveness)
    for model in manifest.files(pack):
        located(model, wiring.model_directories(settings))
    embedder = wiring.eyes(settings, pack).embedder.identity
    with closing(wiring.gallery(settings)) as gallery:
        theirs = gallery.roster().embedder
        others = len(gallery.subjects()) if theirs not in (None, embedder) else 0
    if others:
        raise ModelError(
            f"{others} people are enrolled for another embedder, whose templates {pack} cannot read",
            f"Remove and enrol all {others} again, or stay with the pack in use",
        )
    _write_choice(where, pack)
    console.print(f"{pack} is chosen; restart the service to use it")
    if not chosen.liveness:
        console.print("[yellow]it has no liveness model: the daemon wants a waiver, or models.liveness[/]")


def _write_choice(where: Site, pack: str) -> None:
    path = where.config or CONFIG
    try:
        document = tomlkit.parse(path.read_text()) if path.exists() else tomlkit.document()
        document.setdefault("models", tomlkit.table())["pack"] = pack
        fresh = path.with_suffix(".new")
        fresh.write_text(tomlkit.dumps(document))
        fresh.replace(path)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written ({error.strerror})", "Run it with sudo") from error


def _source(given: str, manifest: Manifest, patience: float) -> ModelSource:
    if given and "://" not in given:
        return Folder(Path(given))
    base = given and given.rstrip("/") + "/"
    return Web({model.file: model.url for model in manifest.model.values()}, base, patience)


def _advance(progress: Progress, task: TaskID, here: int) -> None:
    progress.update(task, completed=here)


def _depot(settings: Settings) -> Depot:
    return Depot(Path(settings.store.state) / "models")


def _here(settings: Settings, model: Model) -> bool:
    try:
        located(model, wiring.model_directories(settings))
    except ModelError:
        return False
    return True
