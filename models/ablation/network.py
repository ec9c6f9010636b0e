"""The network of the fair test: a fraction of the product's student, averaged over all places.

The average pooling favours the scenes: it asks nothing of where the face is, while an aligned chip would
gain from a weight per place.
"""

from embedder.network import TARGET_DIM, Block, ConvNorm
from torch import Tensor, nn


class Small(nn.Module):
    """(n, 3, 64, 64) RGB in -1..1 -> (n, TARGET_DIM), not normalised."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            ConvNorm(3, 16, 3, stride=2),
            Block("fused", 16, 32, 2.0, 2),
            Block("fused", 32, 48, 1.5, 2),
            Block("fused", 48, 48, 1.5, 1),
            Block("inverted", 48, 96, 3.0, 2),
            Block("inverted", 96, 96, 3.0, 1),
            Block("inverted", 96, 96, 3.0, 1),
            ConvNorm(96, 256, 1),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(256, TARGET_DIM, bias=False),
            nn.BatchNorm1d(TARGET_DIM),
        )

    def forward(self, pictures: Tensor) -> Tensor:
        """(n, d) for pictures (n, 3, h, w)."""
        output: Tensor = self.layers(pictures)
        return output
