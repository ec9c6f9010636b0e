"""Write the model card: ``python -m detector.card --work WORK --weights weights``.

Figures come from ``detector.json`` (`detector.evaluate`), the length of the training from the checkpoint.
"""

import argparse
import json
from pathlib import Path

import torch

from detector.library import Library
from detector.prepare import SAME_PERSON

TEMPLATE = Path(__file__).with_name("card.md.in")
HEADINGS = ("file", "pictures", "faces", "recall %", "false a picture", "landmark error %", "time")
Report = dict[str, dict[str, dict[str, float]]]


def table(report: Report) -> str:
    """The figures as Markdown."""
    rows: list[tuple[str, ...]] = [HEADINGS, ("---",) * len(HEADINGS)]
    for file, sheets in report.items():
        time = sheets["time"]
        taken = f"{time['over_yunet_n']:.2f}" if "over_yunet_n" in time else "-"
        for name, f in sheets.items():
            if name in {"photographs", "composites", "clip", "empty"}:
                found = (f"{f['recall']:.1f}", f"{f['false_per_picture']:.3f}", f"{f['landmark_error']:.1f}")
                rows.append(
                    (file, name, str(f["faces"]), *(found if f["faces"] else ("-", found[1], "-")), taken)
                )
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def recognition_table(report: Report) -> str:
    """Accuracy of recognition as Markdown."""
    rows: list[tuple[str, ...]] = [("file", "250x250 photographs", "125x125"), ("---",) * 3]
    for file, sheets in report.items():
        f = sheets["recognition"]
        rows.append(
            (file, *(f"{f[size]:.2f} ({f[f'{size}_over_yunet_n']:+.2f})" for size in ("full", "half")))
        )
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def main() -> None:
    """Write WEIGHTS/detector.md."""
    parser = argparse.ArgumentParser(prog="detector.card")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    options = parser.parse_args()
    report: Report = json.loads((options.weights / "detector.json").read_text())
    trained = torch.load(options.work / "checkpoint.pt", map_location="cpu", weights_only=True)
    library = Library(options.work, held_out=False)
    any_row = next(iter(report.values()))
    text = TEMPLATE.read_text().format(
        **{kind: f"{len(rows):,}" for kind, rows in library.numbers.items()},
        things=len({thing.tobytes() for thing in library.things}) - len(library.bodies),
        seen=f"{trained['seen']:,}",
        limit=SAME_PERSON,
        empty=any_row["empty"]["pictures"],
        table=table(report),
        recognition=recognition_table(report),
    )
    (options.weights / "detector.md").write_text(text)


if __name__ == "__main__":
    main()
