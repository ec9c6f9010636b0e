"""Make everything that training reads: ``python -m embedder.prepare --data ../../shared --work WORK``.

Decodes the crops, asks both teachers about each, and makes the blends. What is already there is not made
again.
"""

import argparse
from pathlib import Path

from embedder import blends, teachers
from embedder.crops import decode


def main() -> None:
    """Decode, label, blend."""
    parser = argparse.ArgumentParser(prog="embedder.prepare")
    parser.add_argument("--data", type=Path, required=True, help="folder that holds train/ and models/")
    parser.add_argument("--work", type=Path, required=True, help="folder for the result")
    parser.add_argument("--shards", type=int, default=24, help=f"of {blends.SHARD} blended faces each")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    crops = decode(options.data / "train", options.work)
    teachers.label_crops(crops, options.data / "models", options.work, options.workers)
    blends.grow(
        options.data / "train", options.data / "models", options.work, options.shards, options.workers
    )


if __name__ == "__main__":
    main()
