"""One rank's share of a training run: student, average, optimiser, and how far they have come."""

import copy
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor, nn

from embedder.loss import CROWD_SIZE, distillation
from embedder.network import CHIP, Embedder
from embedder.optimiser import Optimiser

BATCH = 64
"""Pictures a rank and step: small, for many steps on few pictures."""
AVERAGE = 0.995
"""Decay a step of the averaged weights, the ones that are exported."""
STEEPEST = 5.0
"""Longest gradient; a longer one is scaled down to it."""


def save(path: Path, state: dict[str, object]) -> None:
    """Write a checkpoint whole or not at all."""
    draft = path.with_suffix(".draft")
    torch.save(state, draft)
    draft.rename(path)


def _flat(grad: Tensor) -> Tensor:
    """A gradient's numbers, channels last."""
    return (grad.permute(0, 2, 3, 1) if grad.ndim == 4 else grad).reshape(-1)


def _shaped(numbers: Tensor, like: Tensor) -> Tensor:
    """What `_flat` made of a gradient, as a gradient again."""
    if like.ndim != 4:
        return numbers.view_as(like)
    return numbers.view(like.permute(0, 2, 3, 1).shape).permute(0, 3, 1, 2)


class Run:
    """See the module.

    Args:
        rank: of this process; on a machine with GPUs, the GPU it uses.
        ranks: how many processes there are.
        crowd: (n, d) targets that the loss draws other faces from.
    """

    def __init__(self, rank: int, ranks: int, crowd: Tensor) -> None:
        self.step = 0
        self.images = 0
        self.minutes = 0.0
        self._side = CHIP
        self._rank, self._ranks, self._crowd = rank, ranks, crowd
        self._device = torch.device("cuda", rank) if torch.cuda.is_available() else torch.device("cpu")
        self._model = Embedder().to(self._device)
        self._model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._average = copy.deepcopy(self._model)
        self._optimiser = Optimiser(self._model)
        self._parameters = list(self._model.parameters())

    def restore(self, path: Path) -> None:
        """Go on from a snapshot, if there is one."""
        if not path.exists():
            return
        state = torch.load(path, map_location=self._device, weights_only=True)
        self._model.load_state_dict(state["model"])
        self._average.load_state_dict(state["average"])
        self._optimiser.load_state_dict(state["optimiser"])
        self.step, self.images, self.minutes = state["step"], state["images"], state["minutes"]

    def snapshot(self) -> dict[str, object]:
        """All that `restore` needs."""
        return self.result() | {
            "model": self._model.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "step": self.step,
        }

    def result(self) -> dict[str, object]:
        """What is exported."""
        return {
            "average": self._average.state_dict(),
            "images": self.images,
            "minutes": self.minutes,
            "side": self._side,
        }

    def advance(self, pixels: Tensor, target: Tensor, share: float, clock: float) -> tuple[float, float]:
        """One step at `share` of the peak rate; returns the loss and 1 - cosine of this batch.

        `clock` is the minutes trained so far; rank 0's becomes everybody's.
        """
        self._side = pixels.shape[-1]
        generator = torch.Generator().manual_seed(self.step)
        crowd = self._crowd[torch.randint(len(self._crowd), (CROWD_SIZE,), generator=generator)]
        with torch.autocast(self._device.type, torch.bfloat16):
            output: Tensor = self._model(pixels.to(self._device))
        loss, gap = distillation(output.float(), target.to(self._device), crowd.to(self._device))
        for parameter in self._parameters:
            parameter.grad = None
        loss.backward()  # type: ignore[no-untyped-call]
        self.minutes = self._agree(clock)
        nn.utils.clip_grad_norm_(self._parameters, STEEPEST)
        self._optimiser.step(share)
        self.step, self.images = self.step + 1, self.images + len(pixels) * self._ranks
        if self._rank == 0:
            self._follow()
        return loss.item(), gap.item()

    def _agree(self, clock: float) -> float:
        """Average the gradients over the ranks in one message; returns rank 0's clock."""
        flat = [_flat(p.grad) for p in self._parameters if p.grad is not None]
        mine = torch.tensor([clock if self._rank == 0 else 0.0], device=self._device)
        message = torch.cat([*flat, mine])
        dist.all_reduce(message)
        *parts, minutes = (message / self._ranks).split([*map(len, flat), 1])  # type: ignore[no-untyped-call]
        for parameter, part in zip(self._parameters, parts, strict=True):
            parameter.grad = _shaped(part, parameter)
        return float(minutes) * self._ranks

    def _follow(self) -> None:
        """Move the averaged weights and statistics a little towards the model's."""
        weight = 1 - min(AVERAGE, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for kept, new in zip(
                self._average.state_dict().values(), self._model.state_dict().values(), strict=True
            ):
                if kept.is_floating_point():
                    kept.lerp_(new, weight)
                else:
                    kept.copy_(new)
