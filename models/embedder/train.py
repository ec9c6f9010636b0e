"""Train the embedder: ``python -m embedder.train --data ../../shared --cache CACHE``.

Single-threaded ranks, joined by gloo, use a CPU better than one process with many threads. The run follows the clock: the
learning rate is held, and decays over the last `--anneal` minutes. ``run.pt`` is rewritten every few minutes, whole
or not at all, and a killed run goes on from it. ``stable.pt`` is the state just before the decay: give a larger `--minutes`
and ``--from-stable`` to train further from there.
"""

import argparse
import copy
import os
import sys
import time
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor, nn
from tqdm import tqdm

from embedder import pictures
from embedder.loss import CROWD_SIZE, distillation
from embedder.network import Embedder
from embedder.optimiser import Optimiser, rate

BATCH = 64
"""Pictures a rank and step: small, for many steps on few pictures."""
SMALL_SIDE = 80
SIDE = 112
AVERAGE = 0.999
"""Decay a step of the averaged weights, the ones that are exported."""
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
    parser.add_argument("--cache", type=Path, required=True, help="folder for prepared data and checkpoints")
    parser.add_argument("--minutes", type=float, default=240.0, help="training time in all, over every resume")
    parser.add_argument("--small-minutes", type=float, default=60.0, help=f"first part, at {SMALL_SIDE} px")
    parser.add_argument("--anneal", type=float, default=60.0, help="last part, with a decaying rate")
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--from-stable", action="store_true", help="go on from the state before the decay")
    return parser.parse_args()


def _save(path: Path, state: dict[str, object]) -> None:
    draft = path.with_suffix(".draft")
    torch.save(state, draft)
    draft.rename(path)


def _follow(average: nn.Module, model: nn.Module, step: int) -> None:
    """Move the averaged weights and statistics a little towards the model's."""
    weight = 1 - min(AVERAGE, (1 + step) / (10 + step))
    with torch.no_grad():
        for kept, new in zip(average.state_dict().values(), model.state_dict().values(), strict=True):
            if kept.is_floating_point():
                kept.lerp_(new, weight)
            else:
                kept.copy_(new)


def _share(parameters: list[nn.Parameter], ranks: int, clock: float) -> float:
    """Average the gradients over the ranks in one message, with rank 0's clock for all."""
    grads = [p.grad for p in parameters if p.grad is not None]
    flat = torch.cat([*(g.permute(0, 2, 3, 1).reshape(-1) if g.ndim == 4 else g.reshape(-1) for g in grads), torch.tensor([clock])])
    dist.all_reduce(flat)
    start = 0
    for grad in grads:
        part = flat[start : start + grad.numel()] / ranks
        grad.copy_(part.view(grad.permute(0, 2, 3, 1).shape).permute(0, 3, 1, 2) if grad.ndim == 4 else part.view_as(grad))
        start += grad.numel()
    return float(flat[-1])


def _rank(rank: int, options: argparse.Namespace) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    cache: Path = options.cache
    dist.init_process_group("gloo", init_method=f"file://{cache / 'rendezvous'}", rank=rank, world_size=options.ranks)
    device = torch.device("cuda", rank) if torch.cuda.is_available() else torch.device("cpu")
    data = pictures.load(options.data / "train", cache)
    stream = pictures.Stream(data, options.seed, BATCH, rank, options.ranks)
    crowd = torch.from_numpy(data.target)
    model = Embedder().to(device, memory_format=torch.channels_last)
    average, optimiser = copy.deepcopy(model), Optimiser(model)
    step, images, before = 0, 0, 0.0
    source = cache / ("stable.pt" if options.from_stable else "run.pt")
    if source.exists():
        state = torch.load(source, map_location=device, weights_only=True)
        model.load_state_dict(state["model"])
        average.load_state_dict(state["average"])
        optimiser.load_state_dict(state["optimiser"])
        step, images, before = state["step"], state["images"], state["minutes"]

    def snapshot(minutes: float) -> dict[str, object]:
        parts = {"model": model.state_dict(), "average": average.state_dict(), "optimiser": optimiser.state_dict()}
        return {**parts, "step": step, "images": images, "minutes": minutes}

    parameters = list(model.parameters())
    begun = saved = time.monotonic()
    minutes, decaying, gaps, losses = before, False, 0.0, 0.0
    bar = tqdm(total=options.minutes, initial=before, unit="min", disable=rank > 0, bar_format="{l_bar}{bar}| {postfix}", mininterval=5)
    while minutes < options.minutes:
        side = SMALL_SIDE if minutes < options.small_minutes else SIDE
        pixels, target = (part.to(device) for part in stream(step, side))
        with torch.autocast(device.type, torch.bfloat16):
            output: Tensor = model(pixels)
        picked = crowd[torch.randint(len(crowd), (CROWD_SIZE,), generator=torch.Generator().manual_seed(step))].to(device)
        loss, gap = distillation(output.float(), target, picked)
        for parameter in parameters:
            parameter.grad = None
        loss.backward()
        clock = before + (time.monotonic() - begun) / 60 if rank == 0 else 0.0
        minutes = _share(parameters, options.ranks, clock)
        nn.utils.clip_grad_norm_(parameters, 5.0)
        optimiser.step(rate(images, minutes, options.minutes, options.anneal))
        step, images = step + 1, images + BATCH * options.ranks
        if rank:
            continue
        _follow(average, model, step)
        gaps, losses = gaps + gap.item() / REPORT_STEPS, losses + loss.item() / REPORT_STEPS
        if step % REPORT_STEPS == 0:
            text = f"{minutes:.1f} min, step {step}, {images} images, loss {losses:.4f}, 1-cosine {gaps:.4f}"
            with (cache / "train.log").open("a") as log:
                print(text, f"rate {rate(images, minutes, options.minutes, options.anneal):.3f}", file=log)
            bar.update(minutes - bar.n)
            bar.set_postfix_str(text)
            gaps = losses = 0.0
        if not decaying and minutes >= options.minutes - options.anneal:
            decaying = True
            if not (cache / "stable.pt").exists() or before < options.minutes - options.anneal:
                _save(cache / "stable.pt", snapshot(minutes))
        if time.monotonic() - saved > SAVE_SECONDS:
            saved = time.monotonic()
            _save(cache / "run.pt", snapshot(minutes))
    if rank == 0:
        _save(cache / "run.pt", snapshot(minutes))
        _save(cache / "embedder.pt", {"average": average.state_dict(), "images": images, "minutes": minutes})
    dist.barrier()


def main() -> None:
    """Start the ranks; they end together."""
    if any(os.environ.get(name) != value for name, value in _ALLOCATOR.items()):
        os.execve(sys.executable, [sys.executable, "-m", "embedder.train", *sys.argv[1:]], {**os.environ, **_ALLOCATOR})
    options = _arguments()
    (options.cache / "rendezvous").unlink(missing_ok=True)
    torch.multiprocessing.spawn(_rank, (options,), nprocs=options.ranks)


if __name__ == "__main__":
    main()
