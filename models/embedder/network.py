"""The student: a small MobileFaceNet-like network, ReLU6 throughout so that it quantises and runs fast.

Fused blocks (a full 3x3) at 28x28 and 14x14, where they train faster on a CPU than depthwise ones of the
same MACs, inverted residuals at 7x7, a global depthwise convolution (MobileFaceNets, Chen et al. 2018,
arXiv:1804.07573), one linear layer. It predicts `TARGET_DIM` ordered dimensions while training; the first
`DIM` of them are the product's embedding.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

DIM = 128
TARGET_DIM = 512
STAGES = (
    # kind, expansion, channels, blocks, stride of the first
    ("fused", 3.0, 32, 1, 2),
    ("fused", 2.0, 32, 1, 1),
    ("fused", 1.5, 64, 3, 2),
    ("inverted", 3.0, 144, 4, 2),
)
STEM = 16
LAST = 512
CHIP = 112
"""Side of the aligned chip, pixels."""
STRIDE = 16
"""Pixels of the input to one of the last feature map."""
FEATURES = CHIP // STRIDE
"""Side of the last feature map of a chip."""


class StridedDepthwise(nn.Conv2d):
    """A stride-2 depthwise 3x3, computed as stride 1 and sliced.

    The values are the same, and on a CPU the backward pass of oneDNN's strided depthwise convolution is about
    ten times slower.
    """

    def forward(self, x: Tensor) -> Tensor:
        """(n, c, h, w) to (n, c, h / 2, w / 2)."""
        full = functional.conv2d(x, self.weight, None, 1, 1, 1, self.groups)
        return full[:, :, ::2, ::2].contiguous(memory_format=torch.channels_last)


class GlobalDepthwise(nn.Module):
    """A depthwise convolution as large as the feature map: one learned weight per position and channel.

    Smaller training pictures give smaller maps; the weights are then resampled and keep their sum.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(channels, 1, FEATURES, FEATURES) / FEATURES)

    def forward(self, x: Tensor) -> Tensor:
        """(n, c, side, side) to (n, c)."""
        weight = self.resampled(x.shape[-1])
        return torch.einsum("nchw,chw->nc", x, weight[:, 0].to(x.dtype))

    def resampled(self, side: int) -> Tensor:
        """The weights for a feature map of `side` x `side`: (channels, 1, side, side)."""
        if side == FEATURES:
            return self.weight
        weight = functional.interpolate(self.weight, (side, side), mode="bilinear", antialias=True)
        return weight * (FEATURES / side) ** 2


class ConvNorm(nn.Sequential):
    """Convolution, batch normalisation and, unless linear, ReLU6."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        *,
        stride: int = 1,
        groups: int = 1,
        linear: bool = False,
    ) -> None:
        kind = StridedDepthwise if groups > 1 and stride == 2 else nn.Conv2d
        conv = kind(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
        nn.init.kaiming_normal_(conv.weight, mode="fan_out")
        if groups > 1:
            nn.init.dirac_(conv.weight, groups)
            conv.weight.data.add_(torch.randn_like(conv.weight), alpha=0.1)
        super().__init__(conv, nn.BatchNorm2d(outputs), *([] if linear else [nn.ReLU6(inplace=True)]))


class Block(nn.Module):
    """A residual block: fused (3x3, then 1x1) or inverted (1x1, depthwise 3x3, 1x1)."""

    def __init__(self, kind: str, inputs: int, outputs: int, expansion: float, stride: int) -> None:
        super().__init__()
        wide = int(inputs * expansion)
        self.residual = inputs == outputs and stride == 1
        first = (
            [ConvNorm(inputs, wide, 3, stride=stride)]
            if kind == "fused"
            else [ConvNorm(inputs, wide, 1), ConvNorm(wide, wide, 3, stride=stride, groups=wide)]
        )
        self.layers = nn.Sequential(*first, ConvNorm(wide, outputs, 1, linear=True))

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, h, w) to (n, outputs, h / stride, w / stride)."""
        output: Tensor = self.layers(x)
        return x + output if self.residual else output


class Embedder(nn.Module):
    """(n, 3, 112, 112) RGB in -1..1 -> (n, `dim`), not normalised."""

    def __init__(self, dim: int = TARGET_DIM) -> None:
        super().__init__()
        layers: list[nn.Module] = [ConvNorm(3, STEM, 3, stride=2)]
        channels = STEM
        for kind, expansion, outputs, blocks, stride in STAGES:
            for k in range(blocks):
                layers.append(Block(kind, channels, outputs, expansion, stride if k == 0 else 1))
                channels = outputs
        layers.append(ConvNorm(channels, LAST, 1))
        self.body = nn.Sequential(*layers)
        self.pool = GlobalDepthwise(LAST)
        self.pool_norm = nn.BatchNorm1d(LAST)
        self.linear = nn.Linear(LAST, dim, bias=False)
        self.norm = nn.BatchNorm1d(dim)

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        output: Tensor = self.norm(self.linear(self.pool_norm(self.pool(self.body(x)))))
        return output
