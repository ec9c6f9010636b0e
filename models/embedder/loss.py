"""How far the student is from the teachers' space: each vector, each pair, and each crowd.

Three terms, weighted as in a first run: 1 - cosine to the target; the squared error of the cosines between
all pairs of the batch; and the divergence of the similarities to a crowd of other faces from the
teachers' own (temperature `TAU`), which is what a search in a gallery looks at. The first two are asked
of all dimensions and of the first `DIM` alone.
"""

import torch
from torch import Tensor
from torch.nn import functional

from embedder.network import DIM

PAIRS = 20.0
CROWD = 0.1
CROWD_SIZE = 3072
TAU = 0.07


def _unit(rows: Tensor, dim: int) -> Tensor:
    return functional.normalize(rows[:, :dim].float(), dim=1)


def distillation(student: Tensor, target: Tensor, crowd: Tensor) -> tuple[Tensor, Tensor]:
    """Loss, and 1 - cosine over the first `DIM` dimensions, of (n, d) predictions.

    Args:
        student: (n, d) predictions, of any length.
        target: (n, d).
        crowd: (m, d), targets of other faces.
    """
    loss, gap = torch.zeros(()), torch.zeros(())
    for dim in (target.shape[1], DIM):
        mine, theirs = _unit(student, dim), _unit(target, dim)
        own = (mine * theirs).sum(1)
        gap = (1 - own).mean()
        pairs = (mine @ mine.T - theirs @ theirs.T).square().sum() / (len(mine) * (len(mine) - 1))
        loss = loss + gap + PAIRS * pairs
    others = _unit(crowd, DIM)
    wanted = torch.cat([torch.ones(len(own), 1), theirs @ others.T], 1) / TAU
    got = torch.cat([own[:, None], mine @ others.T], 1) / TAU
    divergence = functional.kl_div(
        functional.log_softmax(got, 1),
        functional.log_softmax(wanted, 1),
        log_target=True,
        reduction="batchmean",
    )
    return loss + CROWD * divergence, gap
