"""Train the embedder: ``python -m embedder.train --data ../../shared --work WORK``.

Run it after `embedder.prepare`. Single-threaded ranks, joined by gloo, use a CPU better than one process
with many threads. The run follows the clock: the learning rate is held, and decays over the last
`--anneal` minutes. ``run.pt`` is rewritten every few minutes, whole or not at all, and a killed run goes
on from it. ``stable.pt`` is the state just before the decay: give a larger `--minutes` and ``--from-
stable`` to train further from there.
"""

import argparse
import os
import sys
import time
from pathlib import Path

import torch
import torch.distributed as dist
import torch.multiprocessing
from tqdm import tqdm

from embedder import pictures
from embedder.network import CHIP
from embedder.optimiser import rate
from embedder.run import BATCH, Run, save

SMALL_SIDE = 80
SAVE_SECONDS = 180.0
REPORT_STEPS = 50

# Big buffers come from the heap and stay there: otherwise page faults take up to two thirds of the time.
_ALLOCATOR = {
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": "100000000000",
    "MALLOC_TOP_PAD_": "268435456",
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
    "OMP_NUM_THREADS": "1",
}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="embedder.train")
    parser.add_argument("--data", type=Path, required=True, help="folder that holds train/ and models/")
    parser.add_argument("--work", type=Path, required=True, help="folder for prepared data and checkpoints")
    parser.add_argument(
        "--minutes", type=float, default=240.0, help="training time in all, over every resume"
    )
    parser.add_argument("--small-minutes", type=float, default=120.0, help=f"first part, at {SMALL_SIDE} px")
    parser.add_argument("--anneal", type=float, default=60.0, help="last part, with a decaying rate")
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--from-stable", action="store_true", help="go on from the state before the decay")
    return parser.parse_args()


class _Report:
    """Loss and speed, every `REPORT_STEPS`: to the screen and to WORK/train.log."""

    def __init__(self, path: Path, minutes: float, total: float) -> None:
        self._path = path
        self._seen: list[tuple[float, float]] = []
        layout = "{l_bar}{bar}| {postfix}"
        self._bar = tqdm(desc="train", total=total, initial=minutes, bar_format=layout, mininterval=5)

    def __call__(self, run: Run, loss: float, gap: float, share: float) -> None:
        self._seen.append((loss, gap))
        if run.step % REPORT_STEPS:
            return
        loss, gap = (sum(column) / len(self._seen) for column in zip(*self._seen, strict=True))
        self._seen = []
        text = f"{run.minutes:.1f} min, step {run.step}, {run.images} images"
        text += f", loss {loss:.4f}, 1-cosine {gap:.4f}"
        with self._path.open("a") as log:
            print(text, f"rate {share:.3f}", file=log)
        self._bar.update(run.minutes - self._bar.n)
        self._bar.set_postfix_str(text)


def _rank(rank: int, options: argparse.Namespace) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    work: Path = options.work
    meeting = f"file://{work / 'rendezvous'}"
    dist.init_process_group("gloo", init_method=meeting, rank=rank, world_size=options.ranks)
    data = pictures.load(options.data / "train", work)
    stream = pictures.Stream(data, options.seed, BATCH, rank, options.ranks)
    run = Run(rank, options.ranks, torch.from_numpy(data.target))
    run.restore(work / ("stable.pt" if options.from_stable else "run.pt"))
    report = _Report(work / "train.log", run.minutes, options.minutes) if rank == 0 else None
    begun, before = time.monotonic(), run.minutes
    saved, last_stable = begun, options.minutes - options.anneal
    stable = before >= last_stable and (work / "stable.pt").exists()
    while run.minutes < options.minutes:
        side = SMALL_SIDE if run.minutes < options.small_minutes else CHIP
        share = rate(run.images, run.minutes, options.minutes, options.anneal)
        clock = before + (time.monotonic() - begun) / 60
        loss, gap = run.advance(*stream(run.step, side), share, clock)
        if report is None:
            continue
        report(run, loss, gap, share)
        if not stable and run.minutes >= last_stable:
            stable = True
            save(work / "stable.pt", run.snapshot())
        if time.monotonic() - saved > SAVE_SECONDS:
            saved = time.monotonic()
            save(work / "run.pt", run.snapshot())
    if rank == 0:
        save(work / "run.pt", run.snapshot())
        save(work / "embedder.pt", run.result())
    dist.barrier()


def main() -> None:
    """Start the ranks; they end together."""
    if any(os.environ.get(name) != value for name, value in _ALLOCATOR.items()):
        command = [sys.executable, "-m", "embedder.train", *sys.argv[1:]]
        os.execve(sys.executable, command, {**os.environ, **_ALLOCATOR})  # noqa: S606 - this very program
    options = _arguments()
    (options.work / "rendezvous").unlink(missing_ok=True)
    for rank in range(1, options.ranks):
        torch.multiprocessing.Process(target=_rank, args=(rank, options), daemon=True).start()
    _rank(0, options)  # here, so that the others lose their link and end when this process is killed


if __name__ == "__main__":
    main()
