"""The detector's network: tiny, anchor-free, one face score, box and five landmarks a cell.

Plain 3x3 depthwise and 1x1 convolutions with ReLU, no residuals and no PReLU: cheap in int8 on every
engine. Three levels (strides 8, 16, 32) share a two-step feature pyramid. Its 15 raw channels a cell are

    0       face logit
    1..2    box centre, in strides from the cell's corner (column * stride, row * stride)
    3..4    log of box width and height over the stride
    5..14   five landmarks (the person's right eye, left eye, nose, right and left mouth corner), in box
            widths and heights from the box centre

`yunet_outputs` turns them into the tensors of YuNet (Wu, Peng and Yu, "YuNet: A Tiny Millisecond-level Face
Detector", Machine Intelligence Research 20, 2023), so that every YuNet decoder reads them. Landmarks
relative to the box let one weight serve all sizes of face; in a first network they were worth more than
width.
"""

from pathlib import Path

import torch
from torch import Tensor, nn

STRIDES = (8, 16, 32)
RAW_CHANNELS = 15
PYRAMID = 48
OUTPUT_NAMES = tuple(f"{kind}_{stride}" for kind in ("cls", "obj", "bbox", "kps") for stride in STRIDES)

# Landmarks of an upright frontal face, in box widths and heights from the box centre: mean of the labels.
MEAN_LANDMARKS = (-0.217, -0.115, 0.217, -0.115, 0.0, 0.082, -0.19, 0.231, 0.19, 0.231)
PRIOR_LOGIT = -4.6  # one cell in a hundred holds a face: focal loss would otherwise start by unlearning


class Separable(nn.Module):
    """Depthwise 3x3 then pointwise, each with batch norm and ReLU."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.depth = nn.Conv2d(inputs, inputs, 3, stride, 1, groups=inputs, bias=False)
        self.depth_norm = nn.BatchNorm2d(inputs)
        self.point = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.point_norm = nn.BatchNorm2d(outputs)
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """N x inputs x H x W to N x outputs x H/stride x W/stride."""
        x = torch.relu(self.depth_norm(self.depth(x)))
        return torch.relu(self.point_norm(self.point(x)))


class Lateral(nn.Module):
    """Pointwise convolution with batch norm and ReLU: brings a level to the pyramid's width."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.point = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """N x inputs x H x W to N x outputs x H x W."""
        return torch.relu(self.norm(self.point(x)))


class Head(nn.Module):
    """The raw channels of one level."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.depth = nn.Conv2d(width, width, 3, 1, 1, groups=width, bias=False)
        self.norm = nn.BatchNorm2d(width)
        self.out = nn.Conv2d(width, RAW_CHANNELS, 1)

    def forward(self, x: Tensor) -> Tensor:
        """N x width x H x W to N x 15 x H x W."""
        x = torch.relu(self.norm(self.depth(x)))
        with torch.autocast(x.device.type, enabled=False):  # positions need more than bfloat16's eight bits
            out: Tensor = self.out(x.float())
        return out


class Detector(nn.Module):
    """(n, 3, h, w) BGR / 255, h and w multiples of 32, to raw maps (n, 15, h/s, w/s) for s in 8, 16, 32."""

    def __init__(
        self,
        widths: tuple[int, int, int, int, int] = (16, 32, 48, 128, 192),
        pyramid: int = PYRAMID,
        repeats: tuple[int, int, int, int] = (1, 3, 3, 2),
    ) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, widths[0], 3, 2, 1, bias=False)
        self.stem_norm = nn.BatchNorm2d(widths[0])
        stages = [
            nn.Sequential(Separable(a, b, 2), *(Separable(b, b) for _ in range(n)))
            for a, b, n in zip(widths[:-1], widths[1:], repeats, strict=True)
        ]
        self.stage4, self.stage8, self.stage16, self.stage32 = stages
        self.lateral8: nn.Module = nn.Identity() if widths[2] == pyramid else Lateral(widths[2], pyramid)
        self.lateral16 = Lateral(widths[3], pyramid)
        self.lateral32 = Lateral(widths[4], pyramid)
        self.merge16 = Separable(pyramid, pyramid)
        self.merge8 = Separable(pyramid, pyramid)
        self.towers = nn.ModuleList(Separable(pyramid, pyramid) for _ in STRIDES)
        self.heads = nn.ModuleList(Head(pyramid) for _ in STRIDES)
        self._initialise()

    def _initialise(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                mode = "fan_out" if module.groups == 1 else "fan_in"
                nn.init.kaiming_normal_(module.weight, mode=mode, nonlinearity="relu")
                if (
                    module.groups > 1
                ):  # depthwise kernels start near the identity: the deep, narrow net learns much sooner
                    with torch.no_grad():
                        module.weight.mul_(0.35)
                        module.weight[:, :, 1, 1] += 1
        start = torch.tensor([PRIOR_LOGIT, 0.0, 0.0, 0.9, 1.15, *MEAN_LANDMARKS])
        for head in self.heads:
            assert isinstance(head, Head)
            assert head.out.bias is not None
            nn.init.normal_(head.out.weight, std=0.01)
            with torch.no_grad():
                head.out.bias.copy_(start)

    def forward(self, x: Tensor) -> list[Tensor]:
        """See the class."""
        return self.read(self.features(x))

    def features(self, x: Tensor) -> list[Tensor]:
        """What all of a level's outputs are read from, (n, pyramid, h/s, w/s) for s in 8, 16, 32."""
        x = torch.relu(self.stem_norm(self.stem(x)))
        level8 = self.stage8(self.stage4(x))
        level16 = self.stage16(level8)
        level32 = self.lateral32(self.stage32(level16))
        level16 = self.merge16(self.lateral16(level16) + _double(level32))
        level8 = self.merge8(self.lateral8(level8) + _double(level16))
        levels = (level8, level16, level32)
        return [tower(level) for tower, level in zip(self.towers, levels, strict=True)]

    def read(self, features: list[Tensor]) -> list[Tensor]:
        """Features to raw maps."""
        return [head(level) for head, level in zip(self.heads, features, strict=True)]


def load_average(checkpoint: Path) -> Detector:
    """The averaged weights of a checkpoint, for inference."""
    network = Detector()
    network.load_state_dict(torch.load(checkpoint, weights_only=True, map_location="cpu")["average"])
    return network.eval()


def _double(x: Tensor) -> Tensor:
    return nn.functional.interpolate(x, scale_factor=2.0, mode="nearest")


def yunet_outputs(raw: list[Tensor]) -> list[Tensor]:
    """Raw maps to YuNet's twelve tensors in the order of `OUTPUT_NAMES`, each N x (H/s * W/s) x channels.

    `obj` repeats `cls`, so that YuNet's score, sqrt(cls * obj), is our score.
    """
    kinds: dict[str, list[Tensor]] = {"cls": [], "bbox": [], "kps": []}
    for x in raw:
        centre, size = x[:, 1:3], torch.exp(x[:, 3:5])
        landmarks = x[:, 5:15] * torch.cat([size] * 5, 1) + torch.cat([centre] * 5, 1)
        for kind, value in (("cls", torch.sigmoid(x[:, :1])), ("bbox", x[:, 1:5]), ("kps", landmarks)):
            kinds[kind].append(value.permute(0, 2, 3, 1).flatten(1, 2))
    return [*kinds["cls"], *kinds["cls"], *kinds["bbox"], *kinds["kps"]]
