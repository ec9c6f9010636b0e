"""Write the model card: ``python -m embedder.card --work WORK --weights weights``.

Figures come from ``embedder.json`` (`embedder.evaluate`), the length of the training from the checkpoint.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from embedder.blends import SHARD
from embedder.crops import LFW_LIMIT
from embedder.network import DIM

TEMPLATE = Path(__file__).with_name("card.md.in")
RATES = ("1e-03", "1e-04", "1e-05")
HEADINGS = ("file", "kB", "10-fold %", "TAR@1e-3", "TAR@1e-4", "TAR@1e-5", "cosine to fp32", "time")


def _row(name: str, figures: dict[str, float]) -> tuple[str, ...]:
    rates = [f"{figures[f'tar_{r}']:.1f} ({figures[f'threshold_{r}']:.3f})" for r in RATES]
    accuracy = f"{figures['accuracy']:.2f} ± {figures['spread']:.2f}"
    agreement, taken = f"{figures['cosine_to_first']:.4f}", f"{figures['over_teacher_int8']:.2f}"
    return (name, f"{figures['bytes'] / 1000:.0f}", accuracy, *rates, agreement, taken)


def table(report: dict[str, dict[str, float]]) -> str:
    """The figures as Markdown."""
    rows = [HEADINGS, ("---",) * len(HEADINGS), *(_row(*item) for item in report.items())]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def main() -> None:
    """Write WEIGHTS/embedder.md."""
    parser = argparse.ArgumentParser(prog="embedder.card")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    options = parser.parse_args()
    report = json.loads((options.weights / "embedder.json").read_text())
    trained = torch.load(options.work / "embedder.pt", map_location="cpu", weights_only=True)
    any_row = next(iter(report.values()))
    shards = len(list((options.work / "blends").glob("*.npz")))
    text = TEMPLATE.read_text().format(
        dim=DIM,
        crops=f"{len(np.load(options.work / 'strips.npy')):,}",
        blends=f"{shards * SHARD:,}",
        images=f"{trained['images']:,}",
        minutes=trained["minutes"],
        limit=LFW_LIMIT,
        people=f"{any_row['people']:,}",
        mated=f"{any_row['mated']:,}",
        non_mated=f"{any_row['non_mated']:,}",
        table=table(report),
    )
    (options.weights / "embedder.md").write_text(text)


if __name__ == "__main__":
    main()
