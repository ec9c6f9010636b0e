"""What a verb loads: no more than it uses, and one thread of linear algebra where it watches a door."""

import json
import subprocess
import sys

LOAD = """
import json, os, sys
from edge_gate.cli.app import application
application({words!r})
print(json.dumps([sorted(sys.modules), os.environ.get("OPENBLAS_NUM_THREADS")]))
"""


def loaded(*words: str) -> tuple[set[str], str | None]:
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(sys.path)}
    code = LOAD.format(words=list(words))
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    modules, threads = json.loads(done.stdout)
    return set(modules), threads


def test_the_daemon_loads_no_other_verb_no_colours_and_no_simulated_camera() -> None:
    modules, threads = loaded("--state", "/tmp/x", "run", "--json")
    verbs = {name for name in modules if name.startswith("edge_gate.cli.")}
    assert verbs == {"edge_gate.cli.app", "edge_gate.cli.site", "edge_gate.cli.run"}
    assert not modules & {"rich.console", "tomlkit", "edge_gate.simulated.scene", "ai_edge_litert"}
    assert threads == "1"


def test_help_knows_every_verb() -> None:
    modules, threads = loaded("--help")
    assert {"edge_gate.cli.run", "edge_gate.cli.bench", "edge_gate.cli.people"} <= modules
    assert threads is None
