"""Enter a quantised .tflite by its pixels: without the two operations that would bring them there.

A network converted from PyTorch takes float32 planes; its first operations turn these round and quantise
them. Whoever has a picture of uint8 would have to make those planes first. Quantised pixels are one table
away from the picture, and give the same outputs bit by bit. Needs ai-edge-quantizer.
"""

from pathlib import Path

from ai_edge_litert.schema_py_generated import BuiltinOperator
from ai_edge_quantizer.utils.tfl_flatbuffer_utils import read_model, write_model

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
        begins = [model.operatorCodes[each.opcodeIndex].builtinCode for each in (turn, quantise)]
        gone = {graph.inputs[0], turn.outputs[0]}
        if begins != BEGINS or any(gone & set(each.inputs) for each in others):
            raise ValueError(f"{path} does not begin with planes that are turned round and quantised")
        graph.operators, graph.inputs = others, quantise.outputs
        (given,) = signature.inputs
        (given.tensorIndex,) = quantise.outputs
    write_model(model, str(path))
