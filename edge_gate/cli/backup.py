"""`edge-gate backup`: the whole site in one encrypted file."""

from pathlib import Path
from typing import Annotated

import typer

from edge_gate.cli.secret import KeyOption, PassphraseOption, secret
from edge_gate.cli.site import CONFIG, console, site
from edge_gate.provisioning import backup as parcels


def backup(
    context: typer.Context,
    out: Annotated[Path, typer.Argument(help="The file to make; one that is there is not overwritten.")],
    key_file: KeyOption = None,
    passphrase_file: PassphraseOption = None,
) -> None:
    """Write people, their key, rules, journal and configuration to one encrypted file.

    The service may run meanwhile. Whoever has the file and its secret has everybody's templates: keep the two
    apart. Weights that are not ours are not in it.
    """
    chosen = site(context)
    sealed_with = secret(key_file, passphrase_file, twice=True)
    templates = parcels.make(chosen.settings(), chosen.config or CONFIG, out, sealed_with)
    console.print(f"{out}: {templates} templates, rules, journal and configuration", markup=False)
