"""Write golden.json: what each model that is here computes, for `edge-gate models verify` to compare with.

    python models/golden.py [DIRECTORY ...]

Keeps the numbers of models that are not here.
"""

import json
import sys
from pathlib import Path

from edge_gate.errors import ModelError
from edge_gate.recognition.selfcheck import golden_numbers
from edge_gate.service.engines import opened
from edge_gate.service.model_check import excitation
from edge_gate.store.manifest import read_manifest


def main() -> None:
    """Compute the numbers of every model found."""
    path = Path(__file__).with_name("golden.json")
    models = read_manifest().model.values()
    kept = json.loads(path.read_text()) if path.exists() else {}
    numbers = {model.sha256: kept[model.sha256] for model in models if model.sha256 in kept}
    for model in models:
        try:
            engine = opened(model, [Path(each) for each in sys.argv[1:]])
        except ModelError as missing:
            print(missing.what)
            continue
        numbers[model.sha256] = [
            round(float(number), 6) for number in golden_numbers(engine, excitation(model))
        ]
    lines = [f'"{sha256}": {json.dumps(each)}' for sha256, each in sorted(numbers.items())]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
