"""Break `edge_gate/access` in every way that mutmut knows, and show what no test of it notices.

Run by `make mutants`. It works on a copy, so that nothing here is ever broken; the random sequences are left
out, since a sentence about a door should notice by itself.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
CONFIG = """
[tool.pytest.ini_options]
addopts = "-q -p no:cacheprovider"
pythonpath = ["tests", "."]
[tool.mutmut]
source_paths = ["edge_gate/access/"]
also_copy = ["edge_gate"]
"""
UNHURRIED = """
from hypothesis import settings

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
"""


def main(children: str = "4") -> None:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        shutil.copytree(ROOT / "edge_gate" / "access", copy / "edge_gate" / "access")
        shutil.copy(ROOT / "edge_gate" / "__init__.py", copy / "edge_gate")
        shutil.copytree(ROOT / "tests" / "access", copy / "tests")
        (copy / "tests" / "test_any_sequence.py").unlink()
        (copy / "pyproject.toml").write_text(CONFIG)
        (copy / "tests" / "conftest.py").write_text(UNHURRIED)
        mutmut = [sys.executable, "-m", "mutmut"]
        subprocess.run(
            [*mutmut, "run", "--max-children", children], cwd=copy, check=False, capture_output=True
        )
        told = subprocess.run(
            [*mutmut, "results", "--all", "true"], cwd=copy, check=True, capture_output=True, text=True
        )
        ends = re.findall(r"^\s*(\S+): (.+)$", told.stdout, re.MULTILINE)
        alive = [name for name, end in ends if end != "killed"]
        for name in alive:
            shown = subprocess.run(
                [*mutmut, "show", name], cwd=copy, check=True, capture_output=True, text=True
            )
            changed = [line for line in shown.stdout.splitlines() if re.match(r"[+-](?![+-])", line)]
            print("\n".join([name, *changed, ""]))  # noqa: T201 - the output of a command
        print(f"{len(ends)} mutants, {len(ends) - len(alive)} killed, {len(alive)} not")  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
