"""What both machines are lent: the bundle of this tree, and where their disks go."""

import os
import subprocess
from pathlib import Path

import pytest
from machine import cache

DEPLOY = Path(__file__).parents[2] / "deploy"


@pytest.fixture(scope="session", autouse=True)
def _as_root() -> None:
    if os.geteuid() != 0:
        pytest.exit("the machines need root: sudo make e2e-systemd, sudo make e2e-vm", returncode=2)


@pytest.fixture(scope="session")
def lent() -> Path:
    """The folder that a machine sees as /host."""
    folder = cache() / "lent"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def bundle(arch: str, lent: Path) -> Path:
    """The offline bundle of this tree, made now; as a machine sees it."""
    for stale in lent.glob(f"edge-gate-*-{arch}.tar"):
        stale.unlink()
    subprocess.run([DEPLOY / "make-bundle", "--arch", arch, "--python", "3.11", lent], check=True)
    (made,) = lent.glob(f"edge-gate-*-{arch}.tar")
    return Path("/host") / made.name
