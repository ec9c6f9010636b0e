"""`edge-gate replay`: a clip through the same street as the daemon, on the clip's own clock."""

from pathlib import Path
from typing import Annotated

import typer

from edge_gate.cli.show import show
from edge_gate.cli.site import Json, site


def replay(
    context: typer.Context,
    clip: Annotated[Path, typer.Argument(help="A video file, or a folder of pictures.")],
    pack: Annotated[str | None, typer.Option(help="Models to use instead of the configuration's.")] = None,
    models: Annotated[Path | None, typer.Option(help="Where weights that are not ours lie.")] = None,
    enrol: Annotated[
        list[str] | None,
        typer.Option(help="NAME=IMAGE, several times: whom the door knows, instead of the gallery."),
    ] = None,
    waive_liveness: Annotated[
        bool, typer.Option("--waive-liveness", help="See what a door without a liveness model would do.")
    ] = False,
    annotate: Annotated[Path | None, typer.Option(help="Write the clip with what was seen, as .mp4.")] = None,
    json: Json = False,
) -> None:
    """Run a clip through the door's decisions: no hardware is touched, no journal written."""
    show(
        site(context),
        clip,
        pack=pack,
        models=models,
        enrol=enrol or (),
        waive_liveness=waive_liveness,
        annotate=annotate,
        json=json,
    )
