"""What a machine is lent, read only, as /host: among it the bundle of this tree."""

import subprocess
from pathlib import Path

from machine import SUITE, cache

PYTHON = {"bookworm": "3.11", "trixie": "3.13"}[SUITE]
DEPLOY = Path(__file__).parents[2] / "deploy"


def lent() -> Path:
    """The folder that a machine sees as /host."""
    folder = cache() / "lent"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def bundle(arch: str) -> Path:
    """The offline bundle of this tree, made now; the path is the machine's."""
    for stale in (*lent().glob(f"edge-gate-*-{arch}.tar"), *lent().glob("edge-gate_*.deb")):
        stale.unlink()
    subprocess.run([DEPLOY / "make-bundle", "--arch", arch, "--python", PYTHON, lent()], check=True)
    (made,) = lent().glob(f"edge-gate-*-{arch}.tar")
    return Path("/host") / made.name
