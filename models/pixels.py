"""Enter a quantised .tflite by its pixels: without the two operations that would bring them there.

A network converted from PyTorch takes float32 planes; its first operations turn these round and quantise
them. Whoever has a picture of uint8 would have to make those planes first. Quantised pixels are one table
away from the picture, and give the same outputs bit by bit. Needs ai-edge-litert.
"""

from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.schema_py_generated import BufferT, BuiltinOperator
from ai_edge_litert.tools.flatbuffer_utils import read_model, write_model

BEGINS = [BuiltinOperator.TRANSPOSE, BuiltinOperator.QUANTIZE]


def enter_by_pixels(path: Path) -> None:
    """Let each signature of the file take (1, h, w, 3) int8.

    Raises:
        ValueError: if one begins otherwise than with (1, 3, h, w) float32, turned and quantised.
    """
    model = read_model(str(path))
    for signature in model.signatureDefs:
        graph = model.subgraphs[signature.subgraphIndex]
        turn, quantise, *others = graph.operators
        begins = _kinds(model, [turn, quantise])
        gone = {graph.inputs[0], turn.outputs[0]}
        if begins != BEGINS or any(gone & set(each.inputs) for each in others):
            raise ValueError(f"{path} does not begin with planes that are turned round and quantised")
        graph.operators, graph.inputs = others, quantise.outputs
        (given,) = signature.inputs
        (given.tensorIndex,) = quantise.outputs
    write_model(model, str(path))


def see_white(path: Path) -> None:
    """Let each step of the input be a grey level, 0..255, of a file that is entered by its pixels.

    The quantiser takes for the range of a tensor the mean of what single frames had, and what is brighter is
    seen no more. All that depends on the step, besides the input, is the first convolution's bias.

    Raises:
        ValueError: if a network does not begin with a convolution, padded or not.
    """
    model = read_model(str(path))
    for graph in model.subgraphs:
        first, second = graph.operators[:2]
        convolution = second if _kinds(model, [first]) == [BuiltinOperator.PAD] else first
        if _kinds(model, [convolution]) != [BuiltinOperator.CONV_2D]:
            raise ValueError(f"{path} does not begin with a convolution")
        for tensor in {graph.inputs[0], convolution.inputs[0]}:
            steps = graph.tensors[tensor].quantization
            steps.scale, steps.zeroPoint = np.array([1], np.float32), np.array([-128], np.int64)
        weight, bias = (graph.tensors[each] for each in convolution.inputs[1:3])
        numbers = np.frombuffer(bytes(model.buffers[bias.buffer].data), np.int32) * bias.quantization.scale
        bias.quantization.scale = weight.quantization.scale
        whole = np.rint(numbers / bias.quantization.scale).astype(np.int32)
        # Graphs may share a bias: each gets its own.
        model.buffers.append(BufferT(data=np.frombuffer(whole.tobytes(), np.uint8)))
        bias.buffer = len(model.buffers) - 1
    write_model(model, str(path))


def _kinds(model: Any, operators: list[Any]) -> list[int]:
    return [model.operatorCodes[each.opcodeIndex].builtinCode for each in operators]
