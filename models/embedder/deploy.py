"""The trained network as it is shipped: batch normalisation folded away, the first `DIM` outputs only."""

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from embedder.network import CHIP, DIM, STRIDE, Block, ConvNorm, Embedder, StridedDepthwise

CALIBRATION_FILE = "calibration.npy"
"""In the work folder: the inputs that int8 ranges come from, for both engines."""


def load(checkpoint: Path) -> nn.Sequential:
    """The averaged weights of a checkpoint, as shipped."""
    state, model = torch.load(checkpoint, map_location="cpu", weights_only=True), Embedder()
    model.load_state_dict(state["average"])
    return shipped(model, state["side"])


def _folded(layer: nn.Module) -> list[nn.Module]:
    if not isinstance(layer, ConvNorm):
        raise TypeError(f"not a convolution and its normalisation: {layer}")
    conv, norm = layer[0], layer[1]
    if not isinstance(conv, nn.Conv2d) or not isinstance(norm, nn.BatchNorm2d):
        raise TypeError(f"not a convolution and its normalisation: {layer}")
    if isinstance(conv, StridedDepthwise):
        plain = nn.Conv2d(conv.in_channels, conv.out_channels, 3, 2, 1, groups=conv.groups, bias=False)
        plain.weight.data.copy_(conv.weight)
        conv = plain.eval()
    return [fuse_conv_bn_eval(conv, norm), *([nn.ReLU6()] if len(layer) > 2 else [])]


def _scale(norm: nn.BatchNorm1d) -> tuple[Tensor, Tensor]:
    """An inference batch normalisation as gain and offset."""
    mean, variance = norm.running_mean, norm.running_var
    if mean is None or variance is None:
        raise ValueError("the normalisation has no statistics: was the network trained?")
    gain = norm.weight / torch.sqrt(variance + norm.eps)
    return gain, norm.bias - mean * gain


class _Residual(nn.Module):
    def __init__(self, layers: nn.Sequential) -> None:
        super().__init__()
        self.layers = layers

    def forward(self, x: Tensor) -> Tensor:
        output: Tensor = x + self.layers(x)
        return output


class _Shrink(nn.Module):
    """Brings a chip down to the side the network was trained at."""

    def __init__(self, side: int) -> None:
        super().__init__()
        self.side = side

    def forward(self, x: Tensor) -> Tensor:
        return functional.interpolate(x, (self.side, self.side), mode="bilinear")


@torch.no_grad()
def shipped(model: Embedder, side: int = CHIP) -> nn.Sequential:
    """Plain convolutions, ReLU6 and additions, equal to the model's first `DIM` outputs.

    It takes chips of `CHIP` px whatever the `side` the model was trained at.
    """
    model.eval()
    layers: list[nn.Module] = [] if side == CHIP else [_Shrink(side)]
    for part in model.body:
        if isinstance(part, Block):
            inside = nn.Sequential(*(piece for layer in part.layers for piece in _folded(layer)))
            layers.append(_Residual(inside) if part.residual else inside)
        elif isinstance(part, ConvNorm):
            layers += _folded(part)
    weight = model.pool.resampled(side // STRIDE)
    channels, _, rows, _ = weight.shape
    gain, offset = _scale(model.pool_norm)
    pool = nn.Conv2d(channels, channels, rows, groups=channels)
    pool.weight.data = weight * gain[:, None, None, None]
    pool.bias = nn.Parameter(offset)
    gain, offset = _scale(model.norm)
    head = nn.Conv2d(channels, DIM, 1)
    head.weight.data = (model.linear.weight[:DIM] * gain[:DIM, None])[:, :, None, None]
    head.bias = nn.Parameter(offset[:DIM])
    return nn.Sequential(*layers, pool, head, nn.Flatten()).eval()
