"""`edge-gate backup`: the whole site in one encrypted file."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from edge_gate.cli.secret import KeyOption, PassphraseOption, secret
from edge_gate.cli.site import CONFIG, console, site
from edge_gate.provisioning import backup as parcels


def backup(
    context: typer.Context,
    out: Annotated[
        Path,
        typer.Argument(
            help="The file to make, never overwritten; or a folder, for a file named after the time."
        ),
    ],
    key_file: KeyOption = None,
    passphrase_file: PassphraseOption = None,
    keep: Annotated[
        int | None,
        typer.Option(min=1, help="With a folder: remove all but so many of the newest files named so."),
    ] = None,
) -> None:
    """Write people, their key, rules, journal and configuration to one encrypted file.

    The service may run meanwhile. Whoever has the file and its secret has everybody's templates: keep the two
    apart. Weights that are not ours are not in it.
    """
    folder = out if out.is_dir() else None
    if keep and not folder:
        raise typer.BadParameter(f"--keep goes with a folder, and {out} is none")
    if folder:
        out = folder / f"door-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.backup"
    chosen = site(context)
    sealed_with = secret(key_file, passphrase_file, twice=True)
    templates = parcels.make(chosen.settings(), chosen.config or CONFIG, out, sealed_with)
    console.print(f"{out}: {templates} templates, rules, journal and configuration", markup=False)
    if folder and keep:
        for old in sorted(folder.glob("door-*Z.backup"))[:-keep]:
            old.unlink()
            console.print(f"{old}: removed", markup=False)
