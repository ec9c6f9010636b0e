"""Which cell answers for which face, and what it pays.

A face belongs to the level of its size (square root of the box's area, px) and to the cells near its
centre, at most 1.5 strides away; a face no cell fits takes the nearest. Around both limits nothing is
learned.

- score: binary cross entropy against the square root of the predicted box's IoU (0 for the background),
  weighted by the squared error: the quality focal loss of Li et al., "Generalized Focal Loss" (NeurIPS
  2020)
- box: distance IoU, Zheng et al., "Distance-IoU Loss" (AAAI 2020)
- landmarks: smooth L1 of the error over the face's size
- features: how far from the teacher's (`detector.mimic`), half over all cells, half over those that answer
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

LEVELS = ((8, 0.0, 50.0), (16, 34.0, 118.0), (32, 84.0, 1e9))
"""Stride, and the smallest and largest face a level answers for; they overlap."""
SLACK = 1.45
CAUTION = {8: 1.0, 16: 1.5, 32: 3.0}
"""How much a false face weighs, by stride: large faces are found easily, and false ones cost as much."""
REACH, REACH_OF_BOX = 1.5, 0.35
WEIGHTS = {"score": 1.5, "box": 2.0, "landmarks": 8.0, "features": 0.5}


@dataclass(frozen=True)
class Cells:
    """Corner (x, y), stride, size limits and caution of every cell of a frame, all levels in a row."""

    corner: Tensor
    stride: Tensor
    low: Tensor
    high: Tensor
    caution: Tensor

    @staticmethod
    def of(width: int, height: int) -> "Cells":
        """Cells of a frame of that size."""
        corners, strides, lows, highs = [], [], [], []
        for stride, low, high in LEVELS:
            y, x = torch.meshgrid(
                torch.arange(height // stride), torch.arange(width // stride), indexing="ij"
            )
            corners.append(torch.stack([x, y], -1).reshape(-1, 2).float() * stride)
            count = len(corners[-1])
            strides.append(torch.full((count,), float(stride)))
            lows.append(torch.full((count,), low))
            highs.append(torch.full((count,), high))
        stride = torch.cat(strides)
        caution = torch.tensor([CAUTION[int(s)] for s in stride])
        return Cells(torch.cat(corners), stride, torch.cat(lows), torch.cat(highs), caution)

    def to(self, device: torch.device) -> "Cells":
        """On another device."""
        return Cells(*(part.to(device) for part in vars(self).values()))


def flatten(raw: list[Tensor]) -> Tensor:
    """Three raw maps to N x cells x 15."""
    return torch.cat([x.flatten(2).transpose(1, 2) for x in raw], 1)


def _iou(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """IoU and distance IoU of paired boxes, n x 4."""
    common = (torch.minimum(a[:, 2:], b[:, 2:]) - torch.maximum(a[:, :2], b[:, :2])).clamp(min=0).prod(1)
    iou = common / ((a[:, 2:] - a[:, :2]).prod(1) + (b[:, 2:] - b[:, :2]).prod(1) - common + 1e-6)
    hull = torch.maximum(a[:, 2:], b[:, 2:]) - torch.minimum(a[:, :2], b[:, :2])
    apart = ((a[:, :2] + a[:, 2:] - b[:, :2] - b[:, 2:]) / 2).square().sum(1)
    return iou, iou - apart / (hull.square().sum(1) + 1e-6)


def detection_loss(  # noqa: PLR0917 - what was said, and what is so
    out: Tensor, unlike: Tensor, faces: Tensor, present: Tensor, zones: Tensor, cells: Cells
) -> tuple[Tensor, dict[str, float]]:
    """Loss of (n, cells, 15) against (n, f, 14) faces, (n, f) `present`, (n, z, 4) zones; its parts.

    `unlike`, (n, cells), is how far the features are from the teacher's.
    """
    batch, count = out.shape[:2]
    corner = cells.corner[None, None]
    centre, extent = (faces[..., :2] + faces[..., 2:4]) / 2, faces[..., 2:4] - faces[..., :2]
    size = extent.prod(-1).clamp(min=1e-3).sqrt()[..., None]
    away = (corner - centre[:, :, None]).abs()  # N, F, cells, 2
    reach = torch.minimum(REACH * cells.stride[None, None, :, None], REACH_OF_BOX * extent[:, :, None])
    fits = (size >= cells.low) & (size <= cells.high)
    nearest = functional.one_hot((away.square().sum(-1) + (~fits) * 1e6).argmin(-1), count).bool()
    answers = (((away <= reach).all(-1) & fits) | nearest) & present[..., None]
    smallest, owner = torch.where(answers, size.expand_as(answers), torch.inf).min(
        1
    )  # of several faces the smallest
    positive = torch.isfinite(smallest)

    nearly = (size >= cells.low / SLACK) & (size <= cells.high * SLACK)
    unsure = ((away <= 1.5 * reach).all(-1) & nearly & present[..., None]).any(1)
    point = corner.expand(batch, 1, -1, -1)
    unsure |= ((point >= zones[:, :, None, :2]) & (point <= zones[:, :, None, 2:])).all(-1).any(1)

    who, where = positive.nonzero(as_tuple=True)
    truth, guess = faces[who, owner[who, where]], out[who, where]
    stride, place = cells.stride[where, None], cells.corner[where]
    middle = place + guess[:, 1:3] * stride
    half = torch.exp(guess[:, 3:5].clamp(-4, 4)) * stride / 2
    iou, distance_iou = _iou(torch.cat([middle - half, middle + half], 1), truth[:, :4])
    landmarks = middle.repeat(1, 5) + guess[:, 5:15] * (2 * half.detach()).repeat(1, 5)
    error = (landmarks - truth[:, 4:14]) / (truth[:, 2:4] - truth[:, :2]).prod(1, keepdim=True).clamp(
        min=1
    ).sqrt()

    target = torch.zeros(batch, count, device=out.device)
    target[who, where] = iou.detach().clamp(0, 1).sqrt()
    logit = out[..., 0]
    weight = (target - logit.sigmoid()).detach().square() * (~unsure | positive)
    weight = torch.where(positive, weight, weight * cells.caution)
    entropy = functional.binary_cross_entropy_with_logits(logit, target, reduction="none")
    parts = {
        "score": (weight * entropy).sum() / max(1, len(who)),
        "box": (1 - distance_iou).sum() / max(1, len(who)),
        "landmarks": functional.smooth_l1_loss(error, torch.zeros_like(error), beta=0.02, reduction="sum")
        / max(1, error.numel()),
        "features": (unlike.mean() + (unlike * positive).sum() / max(1, len(who))) / 2,
    }
    total = torch.stack([WEIGHTS[name] * value for name, value in parts.items()]).sum()
    return total, {name: float(value.detach()) for name, value in parts.items()}
