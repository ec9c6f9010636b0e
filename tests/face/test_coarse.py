"""A gallery in int8: what LiteRT is given, and how far its scores can be off."""

import struct
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from hypothesis import given
from hypothesis import strategies as st

from edge_gate.face.coarse import HEAD, Coarse
from edge_gate.face.frame import Floats

ROWS, COLUMNS = (int.from_bytes(mark, "little") for mark in (b"ROWS", b"COLS"))


def tensor(shape: list[int], kind: int, quantization: Any = None) -> Any:
    """One that a caller fills, or the rows where it is quantised."""
    made = schema.TensorT()
    made.shape, made.type, made.buffer, made.quantization = shape, kind, int(bool(quantization)), quantization
    return made


def test_the_head_of_the_model_is_one_fully_connected_operation_with_its_weights_after_it() -> None:
    kinds, code, model = schema.TensorType, schema.OperatorCodeT(), schema.ModelT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.FULLY_CONNECTED
    code.version = 9
    steps, options, operation = (
        schema.QuantizationParametersT(),
        schema.FullyConnectedOptionsT(),
        schema.OperatorT(),
    )
    steps.scale, steps.zeroPoint = list(struct.unpack("<f", b"STEP")), [0]
    options.asymmetricQuantizeInputs = True
    operation.inputs, operation.outputs = [0, 1, -1], [2]
    operation.builtinOptionsType = schema.BuiltinOptions.FullyConnectedOptions
    operation.builtinOptions = options
    graph, nothing, rows = schema.SubGraphT(), schema.BufferT(), schema.BufferT()
    graph.tensors = [
        tensor([1, COLUMNS], kinds.FLOAT32),
        tensor([ROWS, COLUMNS], kinds.INT8, steps),
        tensor([1, ROWS], kinds.FLOAT32),
    ]
    graph.inputs, graph.outputs, graph.operators = [0], [2], [operation]
    rows.offset, rows.size = len(HEAD), int.from_bytes(b"NUMBERS.", "little")
    model.version, model.operatorCodes, model.subgraphs, model.buffers = 3, [code], [graph], [nothing, rows]
    builder = flatbuffers.Builder()
    builder.Finish(model.Pack(builder), b"TFL3")
    assert bytes(builder.Output()).ljust(len(HEAD), b"\0") == HEAD
    assert len(HEAD) % 16 == 0  # where LiteRT wants weights to begin


def units(rows: Any) -> Floats:
    rows = np.asarray(rows, np.float64)
    return np.asarray(rows / np.linalg.norm(rows, axis=-1, keepdims=True), np.float32)


def worst(coarse: Coarse, matrix: Floats, vector: Floats) -> tuple[float, float]:
    """How far a score is off, and how far it is said to be off at most."""
    scores, doubt = coarse.scores(vector)
    assert scores.shape == (len(matrix),)
    assert scores.dtype == np.float32
    return float(np.abs(scores - matrix.astype(np.float64) @ vector).max()), doubt


@given(st.integers(1, 20), st.integers(2, 512), st.integers(0, 2**32 - 1), st.booleans())
def test_no_rounded_score_is_off_by_more_than_is_said(
    people: int, dimensions: int, seed: int, spiky: bool
) -> None:
    rng = np.random.default_rng(seed)
    rows = units(rng.normal(size=(people + 1, dimensions)) ** (5 if spiky else 1))
    off, doubt = worst(Coarse.of(rows[1:]), rows[1:], rows[0])
    assert off <= doubt < 0.12


@pytest.mark.parametrize("dimensions", [2, 31, 128, 512])
def test_nor_is_one_of_templates_and_probes_that_are_as_hard_to_round_as_can_be(dimensions: int) -> None:
    rng = np.random.default_rng(dimensions)
    signs = np.where(np.arange(dimensions) % 2, 1.0, -1.0)
    halves = np.append(127.5, rng.integers(-60, 60, dimensions - 1) + 0.5)
    spread, axis = rng.normal(size=(300, dimensions)), np.eye(dimensions)
    galleries = (
        spread,
        spread**5,
        abs(spread),
        -abs(spread),
        1 + spread / 1e3,
        np.sign(spread),
        axis,
        signs[None],
    )
    probes = (signs, halves, -halves, *spread[:3], *spread[:3] ** 5, *abs(spread[:3]), axis[0], -axis[0])
    for gallery in map(units, galleries):
        coarse = Coarse.of(gallery)
        for probe in map(units, (*probes, np.ones(dimensions), gallery[0], -gallery[0])):
            off, doubt = worst(coarse, gallery, probe)
            assert off <= doubt


@pytest.mark.parametrize("dimensions", [128, 512])
def test_what_is_said_is_hardly_more_than_what_happens(dimensions: int) -> None:
    """Of numbers of one size, as many above zero as below, each is rounded by half a step, and all alike."""
    signs = units(np.where(np.arange(dimensions) % 2, 1.0, -1.0))[None]
    off, doubt = worst(Coarse.of(signs), signs, signs[0])
    assert 0.95 * doubt < off <= doubt


def test_several_threads_may_ask_at_once() -> None:
    rows = units(np.random.default_rng(0).normal(size=(3_000, 128)))
    coarse = Coarse.of(rows)

    def best(row: int) -> int:
        scores, _ = coarse.scores(rows[row])
        return int(scores.argmax())

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(best, range(len(rows)))) == list(range(len(rows)))
