"""`edge-gate restore`: a site put back from its backup."""

from pathlib import Path
from typing import Annotated

import typer

from edge_gate.cli.secret import KeyOption, PassphraseOption, secret
from edge_gate.cli.site import CONFIG, Site, console, site
from edge_gate.errors import ConfigError
from edge_gate.provisioning import backup as parcels
from edge_gate.provisioning.senses import kept


def restore(
    context: typer.Context,
    parcel: Annotated[Path, typer.Argument(help="What `edge-gate backup` wrote.")],
    key_file: KeyOption = None,
    passphrase_file: PassphraseOption = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Also where people are enrolled: they go, these come.")
    ] = False,
) -> None:
    """Put a backup in place, on this board or another; all of it is opened and proven first.

    The configuration is put where there is none, and left alone where there is one. Stop the service first.
    """
    chosen = site(context)
    path = chosen.config or CONFIG
    settings = Site(path if path.exists() else None, chosen.state).settings()
    if kept(settings):
        raise ConfigError(
            "the service is running on what would be replaced", "`sudo systemctl stop edge-gate`"
        )
    sealed_with = secret(key_file, passphrase_file, twice=False)
    made = parcels.restore(settings, path, parcel, sealed_with, replace=replace)
    console.print(f"restored as it was at {made}")
    console.print("next: `sudo edge-gate doctor`, then `sudo systemctl start edge-gate`")
