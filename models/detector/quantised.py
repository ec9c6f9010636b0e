"""Train a little further as int8 will compute: ``python -m detector.quantised --work WORK ...``.

Weights are rounded per output channel, features to 256 steps of their range, in the forward pass only: the
straight-through estimator of Jacob et al., "Quantization and Training of Neural Networks for Efficient
Integer-Arithmetic-Only Inference" (CVPR 2018). Batch norm keeps the statistics it has; folded into a
convolution it scales whole output channels, so rounding before or after folding is the same. What the exports
keep in float is not rounded here. Goes on from WORK/checkpoint.pt and writes WORK/quantised.pt.
"""

import argparse
import random
import time
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader
from tqdm import tqdm

from detector.batches import Pool, Stream
from detector.loss import flatten
from detector.network import Detector, Head
from detector.train import Run, learn

PEAK = 6e-4
"""Learning rate at the start; the run's last was zero, so this is small."""
STEPS, LARGEST = 255, 127


class Range(nn.Module):
    """The range of a feature map, followed as it moves, and the map rounded to 256 steps of it."""

    def __init__(self) -> None:
        super().__init__()
        self._low, self._high = torch.zeros(()), torch.zeros(())
        self._fresh = True

    def forward(self, x: Tensor) -> Tensor:
        """Same shape."""
        with torch.no_grad():
            low, high = x.min().clamp(max=0.0), x.max().clamp(min=1e-3)
            keep = 0.0 if self._fresh else 0.98
            self._fresh = False
            self._low, self._high = self._low.lerp(low, 1 - keep), self._high.lerp(high, 1 - keep)
            scale = (self._high - self._low) / STEPS
            zero = (-self._low / scale).round().to(torch.int32)
        return torch.fake_quantize_per_tensor_affine(x, scale, zero, 0, STEPS)


def round_weights(convolution: nn.Conv2d, x: Tensor) -> Tensor:
    """The convolution's forward with its weights rounded."""
    weight = convolution.weight
    with torch.no_grad():
        scale = weight.abs().amax((1, 2, 3)).clamp(min=1e-8) / LARGEST
        zero = torch.zeros(len(scale), dtype=torch.int32)
    rounded = torch.fake_quantize_per_channel_affine(weight, scale, zero, 0, -LARGEST, LARGEST)
    return functional.conv2d(
        x,
        rounded,
        convolution.bias,
        convolution.stride,
        convolution.padding,
        groups=convolution.groups,
    )


def as_int8(network: Detector) -> None:
    """Make the network compute as int8 does."""
    in_float = {network.stem, network.stem_norm, *network.stage4.modules()}
    in_float |= {head.out for head in network.heads if isinstance(head, Head)}
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()
        if module in in_float:
            continue
        if isinstance(module, nn.Conv2d):
            module.forward = partial(round_weights, module)  # type: ignore[method-assign]
        elif isinstance(module, nn.BatchNorm2d):  # a ReLU follows each, and does nothing to what is positive
            _after(module, Range())
    for merge in (network.merge16, network.merge8):
        _before(merge, Range())


def _after(module: nn.Module, follow: Range) -> None:
    module.register_forward_hook(lambda _module, _inputs, out: follow(torch.relu(out)))


def _before(module: nn.Module, follow: Range) -> None:
    module.register_forward_pre_hook(lambda _module, inputs: (follow(inputs[0]),))


def main() -> None:
    """Train on."""
    parser = argparse.ArgumentParser(prog="detector.quantised")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--teacher", type=Path, required=True, help="YuNet-n")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    run = Run(torch.device("cpu"), 0, PEAK)
    run.restore(args.work / "checkpoint.pt")
    as_int8(run.network)
    loader = DataLoader(Stream(args.work, args.teacher, run.step), batch_size=None, num_workers=args.workers)
    pool = Pool(iter(loader), random.Random(run.step))
    start, before = time.monotonic(), run.minutes
    with tqdm(total=args.minutes, bar_format="{l_bar}{bar}| {n:.1f}/{total:.0f} min {postfix}") as bar:
        while (spent := (time.monotonic() - start) / 60) < args.minutes:
            parts = learn(run, next(pool), partial(_forward, run), PEAK * (1 - spent / args.minutes))
            bar.n, run.minutes = spent, before + spent
            bar.set_postfix_str(f"seen {run.seen} " + " ".join(f"{k} {v:.4f}" for k, v in parts.items()))
    run.save(args.work / "quantised.pt")


def _forward(run: Run, x: Tensor) -> tuple[list[Tensor], Tensor]:
    features = run.network.features(x)
    return features, flatten(run.network.read(features))


if __name__ == "__main__":
    main()
