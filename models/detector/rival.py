"""YuNet-n in LiteRT, to take times beside: ``python -m detector.rival --data ../../shared --work WORK``.

Writes WORK/yunet_n_fp32.tflite and WORK/yunet_n_int8.tflite, one 320x256 picture, all of it in int8. They end
where YuNet's last convolutions do: what follows, which ours contain, would only add to their time. Needs what
`detector.export_litert` needs.
"""

import argparse
from pathlib import Path
from typing import Any

import litert_torch
import onnx
import torch
from onnx import helper, numpy_helper
from torch import Tensor, nn
from torch.nn import functional

from detector.export import calibration
from detector.export_litert import IN_INT8, OPERATION, SIZES, quantise
from detector.prepare import Paths

WHOLE = dict.fromkeys((*IN_INT8, OPERATION.MAX_POOL_2D), ".*")
"""Everything in int8."""

Step = tuple[str, list[str], str, dict[str, Any]]


class Rebuilt(nn.Module):
    """An ONNX graph of convolutions, as far as its last ones.

    Args:
        model: whose every branch ends in a convolution, a transposition and a reshape.
    """

    def __init__(self, model: onnx.ModelProto) -> None:
        super().__init__()
        for constant in model.graph.initializer:
            self.register_buffer(_name(constant.name), torch.tensor(numpy_helper.to_array(constant)))
        known, self._last = {"input"}, []
        self._steps: list[Step] = []
        for node in model.graph.node:
            if node.op_type == "Transpose":
                self._last.append(node.input[0])
            if node.op_type in {"Conv", "Relu", "MaxPool", "Resize", "Add"} and node.input[0] in known:
                settings = {each.name: helper.get_attribute_value(each) for each in node.attribute}
                self._steps.append((node.op_type, list(node.input), node.output[0], settings))
                known.add(node.output[0])

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """(1, 3, h, w) to what the last convolutions make of it."""
        found = {"input": x}
        for kind, inputs, output, settings in self._steps:
            first = found[inputs[0]]
            match kind:
                case "Conv":
                    weight, *bias = (self.get_buffer(_name(each)) for each in inputs[1:])
                    rim, groups = tuple(settings["pads"][:2]), settings["group"]
                    stride = tuple(settings["strides"])
                    made = functional.conv2d(first, weight, *bias or (None,), stride, rim, groups=groups)
                case "Relu":
                    made = torch.relu(first)
                case "MaxPool":
                    made = functional.max_pool2d(first, 2, 2)
                case "Resize":
                    made = functional.interpolate(first, scale_factor=2.0, mode="nearest")
                case _:
                    made = first + found[inputs[1]]
            found[output] = made
        return tuple(found[name] for name in self._last)


def _name(constant: str) -> str:
    return f"constant_{constant.replace('.', '_')}"


def main() -> None:
    """Convert and quantise."""
    parser = argparse.ArgumentParser(prog="detector.rival")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    options = parser.parse_args()
    (width, height), *_ = SIZES
    network = Rebuilt(onnx.load(Paths(options.data).teacher)).eval()
    fp32, int8 = (options.work / f"yunet_n_{kind}.tflite" for kind in ("fp32", "int8"))
    picture = (torch.zeros(1, 3, height, width),)
    litert_torch.signature(f"{width}x{height}", network, picture).convert().export(str(fp32))
    quantise(fp32, int8, calibration(options.work), SIZES[:1], WHOLE)


if __name__ == "__main__":
    main()
