"""What a backup is sealed with: a passphrase, asked for or in a file, or a key."""

import sys
from getpass import getpass
from pathlib import Path
from typing import Annotated

import typer

from edge_gate.errors import UnreadableInput
from edge_gate.store.key import Key, KeyFile

FEWEST = 12
"""Characters of a passphrase, at least: the file is carried about, and may be tried at leisure."""

KeyOption = Annotated[
    Path | None, typer.Option("--key-file", help="A file of 32 random bytes (0600), instead of a passphrase.")
]
PassphraseOption = Annotated[
    Path | None,
    typer.Option("--passphrase-file", help="Its first line is the passphrase, instead of asking."),
]


def secret(key_file: Path | None, passphrase_file: Path | None, *, twice: bool) -> str | Key:
    """The secret that a command was given, or that a person types.

    A key file is the credential instead where systemd hands one over: so the backup's timer has it.

    Raises:
        UnreadableInput, KeyFileError: if the file cannot be used.
    """
    if key_file:
        return KeyFile.located(key_file).read()
    if passphrase_file:
        try:
            passphrase = passphrase_file.read_text().partition("\n")[0]
        except OSError as error:
            raise UnreadableInput(f"{passphrase_file} cannot be read ({error.strerror})") from error
    elif sys.stdin.isatty():
        passphrase = getpass("Passphrase: ")
        if twice and getpass("Again: ") != passphrase:
            raise typer.BadParameter("the two were not the same")
    else:
        raise typer.BadParameter("there is nobody to ask: give --key-file or --passphrase-file")
    if len(passphrase) < FEWEST:
        raise typer.BadParameter(f"a passphrase has at least {FEWEST} characters; six random words are good")
    return passphrase
