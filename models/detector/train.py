"""Train the detector: warm up, stay, decay; kill it when you like and start it again.

The schedule counts minutes of training. The rate stays constant for the first two thirds, then falls to zero;
where the fall begins, `stable.pt` is kept, and a later, longer run continues from there (`--resume stable.pt
--minutes ...`) with nothing lost. Every few minutes `checkpoint.pt` is replaced whole (written beside, then
renamed): a run that was killed goes on from it by the same command.

Frames are composed by worker processes; each is met about twice, once fresh, then from a pool of recent
ones, brightened and tinted anew. At a few milestones `detector.mine` is started beside the training, and its
negatives are mixed in.
"""

import argparse
import copy
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader
from tqdm import tqdm

from detector.batches import Batch, Pool, Stream
from detector.loss import Cells, detection_loss, flatten
from detector.mimic import Mimic
from detector.network import PYRAMID, Detector

STABLE, WARMUP_STEPS, EMA = 0.67, 300, 0.999
CHECKPOINT_SECONDS = 180
MINE_AT = (0.2, 0.4, 0.6)
"""Progress at which mining starts beside the training, on the checkpoint just written."""
REPORT_STEPS = 50


def network_input(batch: Batch, device: torch.device, vary: bool) -> Tensor:
    """Frames / 255, N x 3 x H x W in channels-last order; `vary` changes exposure and tint a little."""
    x = batch.frames.to(device).permute(0, 3, 1, 2).float().div_(255)
    if vary:
        gain = (torch.rand(len(x), 1, 1, 1) * 0.5 + 0.75) * (1 + 0.06 * torch.randn(len(x), 3, 1, 1))
        x = (x * gain.to(device)).clamp_(0, 1)
    return x.contiguous(memory_format=torch.channels_last)


def rate(progress: float, step: int, peak: float) -> float:
    """Learning rate at `progress` (0..1) of the run."""
    fall = min(1.0, (1 - progress) / (1 - STABLE))
    return peak * min(1.0, (step + 1) / WARMUP_STEPS) * max(fall, 0.0)


class Run:
    """Network, average, optimiser and counters; saved and restored as one."""

    def __init__(self, device: torch.device, seed: int, peak: float) -> None:
        torch.manual_seed(seed)
        self.network = Detector().to(device, memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.network).eval()
        self.mimic = Mimic(PYRAMID).to(device)
        every = [*self.network.parameters(), *self.mimic.parameters()]
        matrices, vectors = [p for p in every if p.ndim > 1], [p for p in every if p.ndim <= 1]
        groups = [{"params": matrices, "weight_decay": 0.02}, {"params": vectors, "weight_decay": 0.0}]
        self.optimiser = torch.optim.AdamW(groups, peak, betas=(0.9, 0.99))
        self.step = self.seen = self.mined = 0
        self.minutes = 0.0

    def save(self, path: Path) -> None:
        """Replace `path` whole."""
        state = {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "mimic": self.mimic.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "torch_rng": torch.get_rng_state(),
            "step": self.step,
            "seen": self.seen,
            "mined": self.mined,
            "minutes": self.minutes,
        }
        beside = path.with_suffix(".tmp")
        torch.save(state, beside)
        beside.replace(path)

    def restore(self, path: Path) -> None:
        """Go on from `path`."""
        state: dict[str, Any] = torch.load(path, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.mimic.load_state_dict(state["mimic"])
        self.optimiser.load_state_dict(state["optimiser"])
        torch.set_rng_state(state["torch_rng"])
        self.step, self.seen, self.mined, self.minutes = (
            state[k] for k in ("step", "seen", "mined", "minutes")
        )

    @torch.no_grad()
    def follow(self) -> None:
        """Move the average towards the network."""
        keep = min(EMA, (self.step + 1) / (self.step + 10))
        for mean, now in zip(
            self.average.state_dict().values(), self.network.state_dict().values(), strict=True
        ):
            if mean.dtype.is_floating_point:
                mean.lerp_(now, 1 - keep)
            else:
                mean.copy_(now)


def learn(
    run: Run, batch: Batch, forward: Callable[[Tensor], tuple[list[Tensor], Tensor]], speed: float
) -> dict[str, float]:
    """One step at the learning rate `speed`; the parts of its loss.

    `forward` turns frames into features and the flat output, (n, cells, 15).
    """
    device = next(run.network.parameters()).device
    x = network_input(batch, device, vary=bool(run.step % 3))
    for group in run.optimiser.param_groups:
        group["lr"] = speed
    features, out = forward(x)
    unlike = run.mimic(features, batch.features.to(device))
    truth = batch.faces.to(device), batch.present.to(device), batch.zones.to(device)
    loss, parts = detection_loss(out, unlike, *truth, Cells.of(x.shape[3], x.shape[2]).to(device))
    run.optimiser.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(run.network.parameters(), 5.0)
    run.optimiser.step()
    run.follow()
    run.step, run.seen = run.step + 1, run.seen + len(x)
    return parts


class Trainer:
    """Takes a run through its schedule.

    Args:
        run: what is trained.
        work: folder of `detector.prepare`; checkpoints go there.
        minutes: length of the whole schedule.
        peak: learning rate of the stable phase.
        teacher: YuNet-n, to mine negatives with.
    """

    def __init__(self, run: Run, work: Path, minutes: float, peak: float, teacher: Path) -> None:
        self._run, self._work, self._minutes, self._peak, self._teacher = run, work, minutes, peak, teacher
        self._features = torch.compile(run.network.features, dynamic=False)
        self._read = torch.compile(run.network.read, dynamic=False)
        self._compiled: set[int] = set()
        self._miner: subprocess.Popen[bytes] | None = None

    def __call__(self, pool: Pool) -> None:
        """Train to the end."""
        run = self._run
        form = "{l_bar}{bar}| {n:.1f}/{total:.0f} min {postfix}"
        bar = tqdm(total=self._minutes, initial=run.minutes, bar_format=form)
        saved = last = time.monotonic()
        parts: dict[str, float] = {}
        while run.minutes < self._minutes:
            progress = run.minutes / self._minutes
            batch = next(pool)
            now = learn(run, batch, self._forward, rate(progress, run.step, self._peak))
            parts = {k: 0.98 * parts.get(k, v) + 0.02 * v for k, v in now.items()}
            before, last = last, time.monotonic()
            width = batch.frames.shape[2]
            if width in self._compiled:
                run.minutes += (last - before) / 60
            self._compiled.add(width)
            if progress < STABLE <= run.minutes / self._minutes:
                run.save(self._work / "stable.pt")
            if last - saved > CHECKPOINT_SECONDS:
                run.save(self._work / "checkpoint.pt")
                saved = last
                self._mine(progress)
            if run.step % REPORT_STEPS == 0:
                bar.n = run.minutes
                bar.set_postfix_str(f"seen {run.seen} " + " ".join(f"{k} {v:.4f}" for k, v in parts.items()))
        run.save(self._work / "checkpoint.pt")
        bar.close()
        if self._miner is not None:
            self._miner.wait()

    def _forward(self, x: Tensor) -> tuple[list[Tensor], Tensor]:
        with torch.autocast(x.device.type, torch.bfloat16):
            features = self._features(x)
            return features, flatten(self._read(features))

    def _mine(self, progress: float) -> None:
        """Start mining if its time has come."""
        due = sum(at <= progress for at in MINE_AT)
        if self._run.mined >= due:
            return
        self._run.mined = due
        command = [sys.executable, "-m", "detector.mine", "--work", str(self._work)]
        command += ["--teacher", str(self._teacher), "--seed", str(self._run.step)]
        self._miner = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main() -> None:
    """Train."""
    parser = argparse.ArgumentParser(prog="detector.train")
    parser.add_argument(
        "--work", type=Path, required=True, help="folder of detector.prepare, and for checkpoints"
    )
    parser.add_argument("--minutes", type=float, default=240, help="length of the whole schedule")
    parser.add_argument("--teacher", type=Path, required=True, help="YuNet-n")
    parser.add_argument("--resume", type=Path, help="default: WORK/checkpoint.pt if it is there")
    parser.add_argument("--peak", type=float, default=2.5e-3, help="learning rate of the stable phase")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    run = Run(device, args.seed, args.peak)
    latest = args.work / "checkpoint.pt"
    if args.resume or latest.exists():
        run.restore(args.resume or latest)
    seed = args.seed + run.step
    stream = Stream(args.work, args.teacher, seed)
    loader = DataLoader(stream, batch_size=None, num_workers=args.workers, prefetch_factor=8)
    Trainer(run, args.work, args.minutes, args.peak, args.teacher)(Pool(iter(loader), random.Random(seed)))


if __name__ == "__main__":
    main()
