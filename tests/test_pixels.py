"""A network entered by its pixels computes what it did before, and sees white: a tiny one, made here."""

import runpy
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as lite

from edge_gate.devices.litert import LiteRtEngine
from edge_gate.face.frame import Floats, Pixels

RECIPES = runpy.run_path(str(Path(__file__).parents[1] / "models" / "pixels.py"))

BRIGHTEST = 200
"""What the quantiser took for the brightest that a pixel can be."""

RNG = np.random.default_rng(1)
WEIGHTS, SCALES = RNG.integers(0, 128, (2, 3, 3, 3), np.int8), np.array([0.0009, 0.0011], np.float32)
BIAS, STEP = np.array([30, -10], np.float32), 2.0
"""Of the convolution's two channels; what outputs, 0..510, are rounded to: about one grey level of all."""

SIZES = {(4, 6): False, (6, 8): True}
"""Height and width that each signature takes, and whether an operation of its own pads its pictures."""

WIRES = ("planes", "turned", "pixels", "framed", "looked", "seen", "turn", "rim", "weights", "bias")


class Maker:
    """Puts a network together, as the converter and the quantiser leave one."""

    def __init__(self) -> None:
        self.model = lite.ModelT(
            version=3, operatorCodes=[], subgraphs=[], buffers=[lite.BufferT()], signatureDefs=[]
        )
        scale = np.float32(BRIGHTEST / 255)
        self.entry = self.steps(scale, -128)
        biases = np.rint(BIAS / (scale * SCALES)).astype(np.int32)
        # Both graphs share them.
        self.constants = [
            self.constant(np.array([0, 2, 3, 1], np.int32)),
            self.constant(np.array([[0, 0], [1, 1], [1, 1], [0, 0]], np.int32)),
            self.constant(WEIGHTS, self.steps(SCALES)),
            self.constant(biases, self.steps(scale * SCALES)),
        ]
        for (height, width), padded in SIZES.items():
            self.add(height, width, padded=padded)

    def steps(self, scale: Any, zero: int = 0) -> Any:
        scales = np.atleast_1d(np.array(scale, np.float32))
        return lite.QuantizationParametersT(scale=scales, zeroPoint=np.full(len(scales), zero, np.int64))

    def constant(self, values: Any, steps: Any = None) -> Any:
        self.model.buffers.append(lite.BufferT(data=np.frombuffer(values.tobytes(), np.uint8)))
        kind = lite.TensorType.INT8 if values.dtype == np.int8 else lite.TensorType.INT32
        return self.tensor(kind, values.shape, steps, len(self.model.buffers) - 1)

    def tensor(self, kind: int, shape: tuple[int, ...], steps: Any = None, buffer: int = 0) -> Any:
        return lite.TensorT(type=kind, shape=np.array(shape, np.int32), quantization=steps, buffer=buffer)

    def operator(self, kind: int, inputs: str, output: str, options: Any = None) -> Any:
        self.model.operatorCodes.append(lite.OperatorCodeT(kind, builtinCode=kind, version=3))
        return lite.OperatorT(
            len(self.model.operatorCodes) - 1,
            inputs=np.array([WIRES.index(each) for each in inputs.split()], np.int32),
            outputs=np.array([WIRES.index(output)], np.int32),
            builtinOptionsType=lite.BuiltinOptions.Conv2DOptions if options else 0,
            builtinOptions=options,
        )

    def add(self, height: int, width: int, *, padded: bool) -> None:
        kinds, whole, small = lite.BuiltinOperator, lite.TensorType.FLOAT32, lite.TensorType.INT8
        wires = [
            self.tensor(whole, (1, 3, height, width)),
            self.tensor(whole, (1, height, width, 3)),
            self.tensor(small, (1, height, width, 3), self.entry),
            self.tensor(small, (1, height + 2, width + 2, 3), self.entry),
            self.tensor(small, (1, height, width, 2), self.steps(STEP, -128)),
            self.tensor(whole, (1, height, width, 2)),
        ]
        begins = [
            self.operator(kinds.TRANSPOSE, "planes turn", "turned"),
            self.operator(kinds.QUANTIZE, "turned", "pixels"),
        ]
        frames = [self.operator(kinds.PAD, "pixels rim", "framed")] if padded else []
        convolution = lite.Conv2DOptionsT(int(padded), strideW=1, strideH=1)
        given = f"{'framed' if padded else 'pixels'} weights bias"
        looks = [
            self.operator(kinds.CONV_2D, given, "looked", convolution),
            self.operator(kinds.DEQUANTIZE, "looked", "seen"),
        ]
        number = len(self.model.subgraphs)
        self.model.subgraphs.append(
            lite.SubGraphT([*wires, *self.constants], [0], [5], [*begins, *frames, *looks], str(number))
        )
        ends = ([lite.TensorMapT(name, WIRES.index(name))] for name in ("planes", "seen"))
        self.model.signatureDefs.append(lite.SignatureDefT(*ends, str(number), number))


@pytest.fixture
def network(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.tflite"
    RECIPES["write_model"](Maker().model, str(path))
    return path


def seen(path: Path, picture: Pixels) -> Floats:
    """What the door's engine makes of a picture: (h, w, 2)."""
    engine = LiteRtEngine(path, sha256(path.read_bytes()).hexdigest(), ("seen",))
    return np.asarray(engine.run(picture)["seen"][0])


def meant(picture: Pixels) -> Floats:
    """What the network would make of it if nothing were rounded."""
    found = np.zeros((*picture.shape[:2], 2), np.float32) + BIAS
    for channel, place in product(range(2), range(3)):
        kernel = WEIGHTS[channel, :, :, place] * SCALES[channel]
        found[..., channel] += cv2.filter2D(
            picture[..., place].astype(np.float32), -1, kernel, borderType=cv2.BORDER_CONSTANT
        )
    return found


@pytest.mark.parametrize("size", SIZES)
def test_entered_by_its_pixels_a_network_computes_what_it_did_bit_by_bit(
    network: Path, size: tuple[int, int]
) -> None:
    picture = RNG.integers(0, 256, (*size, 3), np.uint8)
    before = seen(network, picture)
    RECIPES["enter_by_pixels"](network)
    assert np.array_equal(seen(network, picture), before)


@pytest.mark.parametrize("size", SIZES)
def test_a_network_that_sees_white_rounds_no_grey_level(network: Path, size: tuple[int, int]) -> None:
    white = np.full((*size, 3), 255, np.uint8)
    noise = RNG.integers(0, 256, (*size, 3), np.uint8)
    RECIPES["enter_by_pixels"](network)
    assert np.array_equal(seen(network, white), seen(network, np.full_like(white, BRIGHTEST)))
    RECIPES["see_white"](network)
    for picture in (white, noise):
        assert abs(seen(network, picture) - meant(picture)).max() <= STEP * 0.51


def test_what_begins_otherwise_is_refused_and_left_as_it_was(network: Path) -> None:
    before = network.read_bytes()
    with pytest.raises(ValueError, match="does not begin with a convolution"):
        RECIPES["see_white"](network)
    assert network.read_bytes() == before
    RECIPES["enter_by_pixels"](network)
    entered = network.read_bytes()
    with pytest.raises(ValueError, match="does not begin with planes"):
        RECIPES["enter_by_pixels"](network)
    assert network.read_bytes() == entered
