"""Checkpoint to ONNX, batch norm folded, BGR 0..255 in and YuNet's tensors out; then static int8.

The graph is built by hand: a converter's graph carries shapes it traced, this one takes any N and any H, W
that are multiples of 32. In int8 the stem stays in float (three input channels starve an int8 kernel: in
ONNX Runtime it cost more than a quarter of the whole network), so does the block behind it (sooner done too),
and so do the last 1x1 convolutions, which carry positions.
"""

import logging
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import onnx
import onnx.version_converter
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from torch import nn

from detector.network import OUTPUT_NAMES, STRIDES, Detector, Head, Lateral, Separable
from edge_gate.face.frame import Pixels

OPSET = 13  # the first with per-channel QuantizeLinear
Array = NDArray[np.float32]


def fold(convolution: nn.Conv2d, norm: nn.BatchNorm2d) -> tuple[Array, Array]:
    """Weight and bias of a convolution with its batch norm folded in."""
    assert norm.running_mean is not None
    assert norm.running_var is not None
    gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    weight, bias = convolution.weight * gain[:, None, None, None], norm.bias - norm.running_mean * gain
    return weight.detach().numpy(), bias.detach().numpy()


class _Graph:
    """Nodes and constants, named as they come."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def add(
        self, kind: str, inputs: Sequence[str], name: str, outputs: Sequence[str] = (), **attributes: object
    ) -> str:
        outputs = list(outputs) or [name]
        self.nodes.append(helper.make_node(kind, list(inputs), outputs, name=f"{name}:{kind}", **attributes))
        return outputs[0]

    def constant(self, name: str, value: NDArray[np.generic]) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def convolution(
        self, x: str, name: str, parameters: tuple[Array, Array], stride: int = 1, *, relu: bool = True
    ) -> str:
        weight, bias = parameters
        size = weight.shape[2]
        groups = weight.shape[0] if weight.shape[1] == 1 and size > 1 else 1
        inputs = [x, self.constant(f"{name}.weight", weight), self.constant(f"{name}.bias", bias)]
        out = self.add(
            "Conv",
            inputs,
            name,
            kernel_shape=[size] * 2,
            pads=[size // 2] * 4,
            strides=[stride] * 2,
            group=groups,
        )
        return self.add("Relu", [out], f"{name}.relu") if relu else out

    def separable(self, x: str, name: str, block: Separable) -> str:
        x = self.convolution(x, f"{name}.depth", fold(block.depth, block.depth_norm), block.stride)
        return self.convolution(x, f"{name}.point", fold(block.point, block.point_norm))

    def stage(self, x: str, name: str, blocks: nn.Module) -> str:
        for i, block in enumerate(blocks.children()):
            assert isinstance(block, Separable)
            x = self.separable(x, f"{name}.{i}", block)
        return x

    def lateral(self, x: str, name: str, block: nn.Module) -> str:
        return self.convolution(x, name, fold(block.point, block.norm)) if isinstance(block, Lateral) else x

    def merged(self, x: str, above: str, name: str) -> str:
        scales = self.constant(f"{name}.scales", np.array([1, 1, 2, 2], np.float32))
        attributes = {
            "mode": "nearest",
            "coordinate_transformation_mode": "asymmetric",
            "nearest_mode": "floor",
        }
        doubled = self.add("Resize", [above, "", scales], f"{name}.double", **attributes)
        return self.add("Add", [x, doubled], f"{name}.sum")

    def head(self, x: str, stride: int, tower: Separable, head: Head) -> None:
        name = f"head{stride}"
        x = self.separable(x, f"{name}.tower", tower)
        x = self.convolution(x, f"{name}.depth", fold(head.depth, head.norm))
        assert head.out.bias is not None
        raw = self.convolution(
            x, f"{name}.out", (head.out.weight.detach().numpy(), head.out.bias.detach().numpy()), relu=False
        )
        parts = [f"{name}.{part}" for part in ("logit", "centre", "log_size", "offset")]
        self.add(
            "Split",
            [raw, self.constant(f"{name}.split", np.array([1, 2, 2, 10], np.int64))],
            f"{name}.parts",
            parts,
            axis=1,
        )
        logit, centre, log_size, offset = parts
        # In N x C x H x W, repeating two channels five times copies whole planes.
        size = self.add("Exp", [log_size], f"{name}.size")
        scaled = self.add(
            "Mul", [offset, self.add("Concat", [size] * 5, f"{name}.size5", axis=1)], f"{name}.scaled"
        )
        points = self.add(
            "Add", [scaled, self.add("Concat", [centre] * 5, f"{name}.centre5", axis=1)], f"{name}.points"
        )
        box = self.add("Concat", [centre, log_size], f"{name}.box", axis=1)
        score = self.add("Sigmoid", [logit], f"{name}.score")
        self._cells(score, f"cls_{stride}", 1)
        self.add("Identity", [f"cls_{stride}"], f"obj_{stride}")
        self._cells(box, f"bbox_{stride}", 4)
        self._cells(points, f"kps_{stride}", 10)

    def _cells(self, x: str, output: str, channels: int) -> None:
        """N x C x H x W to N x (H * W) x C."""
        shape = self.constant(f"{output}.shape", np.array([0, -1, channels], np.int64))
        last = self.add("Transpose", [x], f"{output}.last", perm=[0, 2, 3, 1]) if channels > 1 else x
        self.add("Reshape", [last, shape], output)


def build(network: Detector) -> onnx.ModelProto:
    """The float model."""
    graph = _Graph()
    weight, bias = fold(network.stem, network.stem_norm)
    x = graph.convolution("input", "stem", (weight / np.float32(255), bias), 2)
    level8 = graph.stage(graph.stage(x, "stage4", network.stage4), "stage8", network.stage8)
    level16 = graph.stage(level8, "stage16", network.stage16)
    level32 = graph.lateral(graph.stage(level16, "stage32", network.stage32), "lateral32", network.lateral32)
    merged16 = graph.merged(graph.lateral(level16, "lateral16", network.lateral16), level32, "merge16")
    level16 = graph.separable(merged16, "merge16", network.merge16)
    merged8 = graph.merged(graph.lateral(level8, "lateral8", network.lateral8), level16, "merge8")
    level8 = graph.separable(merged8, "merge8", network.merge8)
    levels = (level8, level16, level32)
    for stride, level, tower, head in zip(STRIDES, levels, network.towers, network.heads, strict=True):
        assert isinstance(tower, Separable)
        assert isinstance(head, Head)
        graph.head(level, stride, tower, head)
    channels = {"cls": 1, "obj": 1, "bbox": 4, "kps": 10}
    outputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", None, channels[name.split("_")[0]]])
        for name in OUTPUT_NAMES
    ]
    image = helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 3, "H", "W"])
    opsets = [helper.make_opsetid("", OPSET)]
    body = helper.make_graph(graph.nodes, "edge_gate_detector", [image], outputs, graph.constants)
    model = helper.make_model(body, opset_imports=opsets, ir_version=8, producer_name="edge_gate")
    onnx.checker.check_model(model, full_check=True)
    return model


class _Reader(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self, images: Sequence[Pixels]) -> None:
        self._images: Iterator[Pixels] = iter(images)

    def get_next(self) -> dict[str, Array] | None:
        image = next(self._images, None)
        if image is None:
            return None
        return {"input": np.ascontiguousarray(image.transpose(2, 0, 1)[None], np.float32)}


IN_FLOAT = ("stem", "stage4.0.depth", "stage4.0.point", "head8.out", "head16.out", "head32.out")
QUANTISED = ("Conv", "Relu", "Add", "Resize")


def quantise(model: onnx.ModelProto, images: Sequence[Pixels], target: Path) -> None:
    """Write our int8 model, its ranges the mean extremes of `images` (all of one size)."""
    in_float = set(IN_FLOAT) | {f"{name}.relu" for name in IN_FLOAT}
    _quantise(model, images, target, [n.name for n in model.graph.node if _kept(n, in_float)])


def _kept(node: onnx.NodeProto, in_float: set[str]) -> bool:
    name = node.name.split(":")[0]
    return name in in_float or node.op_type not in QUANTISED or name.endswith(".points")


def quantise_yunet(source: Path, images: Sequence[Pixels], target: Path) -> None:
    """Write YuNet-n in int8 by the same means, box and landmark heads in float: the rival of ours."""
    model = onnx.version_converter.convert_version(onnx.load(source), OPSET)
    maker = {output: node for node in model.graph.node for output in node.output}
    heads = []
    for output in model.graph.output:
        node = maker[output.name]
        while node.op_type != "Conv":
            node = maker[node.input[0]]
        if output.name.startswith(("bbox", "kps")):
            heads.append(node.name)
    _quantise(model, images, target, heads)


def _quantise(model: onnx.ModelProto, images: Sequence[Pixels], target: Path, skip: list[str]) -> None:
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "float.onnx"
        onnx.save(model, source)
        quantize_static(
            source,
            target,
            _Reader(images),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
            nodes_to_exclude=skip,
            op_types_to_quantize=[*QUANTISED, "MaxPool", "Upsample"],
            extra_options={"CalibMovingAverage": True},
        )
