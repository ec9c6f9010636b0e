"""What the teacher thinks of a frame, cell by cell, for the student to imitate.

Boxes and landmarks say nothing about the thousand cells without a face, and 658 photographs cannot show
every thing that is none. The features that YuNet-n reads all its outputs from do: the student's, mapped by
one linear layer a level, learn to agree with them. See Li, Jin and Yan, "Mimicking Very Efficient Network
for Object Detection" (CVPR 2017). The teacher sees the frame before light, blur and masks hid the faces.
"""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import torch
from numpy.typing import NDArray
from onnx import helper
from torch import Tensor, nn

from detector.network import STRIDES
from edge_gate.face.frame import Pixels

CHANNELS = 64
"""Of YuNet-n's features."""


class Teacher:
    """YuNet-n's last shared features.

    Args:
        path: its ONNX file.
    """

    def __init__(self, path: Path) -> None:
        model = onnx.load(path)
        weights = [f"bbox_head.multi_level_cls.{level}.conv1.weight" for level in range(len(STRIDES))]
        names = [node.input[0] for weight in weights for node in model.graph.node if weight in node.input]
        del model.graph.output[:]
        for name in names:
            model.graph.output.append(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = ort.InferenceSession(model.SerializeToString(), options)

    def __call__(self, frames: Pixels) -> NDArray[np.float16]:
        """(n, h, w, 3) BGR to (n, cells, 64), the cells of strides 8, 16, 32 one after the other."""
        batch = np.ascontiguousarray(frames.transpose(0, 3, 1, 2), np.float32)
        maps = self._session.run(None, {"input": batch})
        cells = [level.reshape(len(batch), CHANNELS, -1).transpose(0, 2, 1) for level in maps]
        return np.concatenate(cells, 1).astype(np.float16)


class Mimic(nn.Module):
    """The linear layers between the student's features and the teacher's, and how far those are apart.

    Args:
        width: channels of the student's features.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Conv2d(width, CHANNELS, 1) for _ in STRIDES)
        self.norm = nn.BatchNorm1d(CHANNELS, affine=False, momentum=0.02)

    def forward(self, features: list[Tensor], target: Tensor) -> Tensor:
        """Student's maps and the teacher's (n, cells, 64) to their mean squared difference, (n, cells).

        The teacher's channels are brought to a mean of 0 and a variance of 1, so 1 means nothing learned.
        """
        mapped = [layer(level.float()) for layer, level in zip(self.layers, features, strict=True)]
        guess = torch.cat([level.flatten(2) for level in mapped], 2).transpose(1, 2)
        wanted = self.norm(target.float().transpose(1, 2)).transpose(1, 2)
        return (guess - wanted).square().mean(2)
