"""A quantised .tflite network entered by its pixels: without the two operations that would bring them there.

A network converted from PyTorch takes float32 planes; its first operations turn these round and quantise
them. Whoever has a picture of uint8 has to make those planes first. Quantised pixels are one table away from
the picture, and give the same outputs bit by bit.
"""

import struct

_u16, _i32, _u32 = (struct.Struct(form).unpack_from for form in ("<H", "<i", "<I"))

TRANSPOSE, QUANTIZE = 39, 114
"""Operations, and below the places of fields in their tables: TensorFlow Lite's schema.fbs, version 3."""
OPERATOR_CODES, SUBGRAPHS = 1, 2
TENSORS, SUBGRAPH_INPUTS, OPERATORS = 0, 1, 3
OPCODE, INPUTS, OUTPUTS = 0, 1, 2
BUILTIN_CODE = 3


def entered_by_pixels(model: bytes) -> bytes | None:
    """The network with the quantised pixels, (1, h, w, 3) int8, as each signature's input.

    Nothing is moved: a few numbers of the FlatBuffer are written over.

    Returns:
        None where a signature begins otherwise than with (1, 3, h, w) float32, turned and quantised.
    """
    changed = _Changed(model)
    try:
        root = changed.followed(0)
        codes = [changed.number(each, BUILTIN_CODE) for each in changed.tables(root, OPERATOR_CODES)]
        for graph in changed.tables(root, SUBGRAPHS):
            if not _enter(changed, graph, codes):
                return None
    except (struct.error, IndexError, ValueError):
        # No FlatBuffer of this kind: LiteRT will say so, or take it as it is.
        return None
    return changed.whole()


def _enter(changed: "_Changed", graph: int, codes: list[int]) -> bool:
    turn, quantise, *others = changed.tables(graph, OPERATORS)
    (given,) = changed.numbers(graph, SUBGRAPH_INPUTS)
    turned, pixels = changed.numbers(turn, OUTPUTS)[0], changed.numbers(quantise, OUTPUTS)[0]
    begins = [codes[changed.number(each, OPCODE)] for each in (turn, quantise)] == [TRANSPOSE, QUANTIZE]
    follows = changed.numbers(turn, INPUTS)[0] == given and changed.numbers(quantise, INPUTS)[0] == turned
    reads = [(each, changed.numbers(each, INPUTS)) for each in others]
    if not (begins and follows) or any(given in read or turned in read for _, read in reads):
        return False
    # A signature names its input by its number: the two tensors change places.
    changed.swap(changed.vector(graph, TENSORS), given, pixels)
    for each, read in reads:
        if pixels in read:
            changed.replace(changed.vector(each, INPUTS), pixels, given)
    changed.drop(graph, OPERATORS, 2)
    return True


class _Changed:
    """A FlatBuffer under change. Positions are counted in bytes from its start."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._written: dict[int, bytes] = {}

    def whole(self) -> bytes:
        """With what has been written over."""
        view, parts, done = memoryview(self._content), list[bytes | memoryview](), 0
        for at, number in sorted(self._written.items()):
            parts += [view[done:at], number]
            done = at + 4
        return b"".join([*parts, view[done:]])

    def followed(self, at: int) -> int:
        """Where the offset at a position leads."""
        return at + int(_u32(self._content, at)[0])

    def number(self, table: int, field: int) -> int:
        """A field of 32 bits; 0 where it is left out."""
        at = self._field(table, field)
        return int(_i32(self._content, at)[0]) if at else 0

    def vector(self, table: int, field: int) -> int:
        """Where a field's vector lies."""
        at = self._field(table, field)
        if not at:
            raise IndexError(field)
        return self.followed(at)

    def numbers(self, table: int, field: int) -> tuple[int, ...]:
        """A vector of numbers of 32 bits."""
        return self._many("i", self.vector(table, field))

    def tables(self, table: int, field: int) -> list[int]:
        """Where the tables of a vector lie."""
        vector = self.vector(table, field)
        return [vector + 4 + 4 * place + lead for place, lead in enumerate(self._many("I", vector))]

    def swap(self, vector: int, one: int, other: int) -> None:
        """Let two tables of a vector change places."""
        first, second = (vector + 4 + 4 * place for place in (one, other))
        lead = self.followed(first), self.followed(second)
        for at, to in ((first, lead[1]), (second, lead[0])):
            self._write(at, to - at)

    def replace(self, vector: int, old: int, new: int) -> None:
        """Write one number for another in a vector."""
        for place, number in enumerate(self._many("i", vector)):
            if number == old:
                self._write(vector + 4 + 4 * place, new)

    def drop(self, table: int, field: int, count: int) -> None:
        """Let a field's vector begin so many elements later: offsets in it count from their own places."""
        vector, at = self.vector(table, field), self._field(table, field)
        start = vector + 4 * count
        self._write(start, len(self._many("I", vector)) - count)
        self._write(at, start - at)

    def _many(self, form: str, vector: int) -> tuple[int, ...]:
        return struct.unpack_from(f"<{_u32(self._content, vector)[0]}{form}", self._content, vector + 4)

    def _field(self, table: int, field: int) -> int:
        """Where a field of a table lies; 0 where it is left out."""
        content = self._content
        described = table - int(_i32(content, table)[0])
        if 4 + 2 * field >= _u16(content, described)[0]:
            return 0
        offset = int(_u16(content, described + 4 + 2 * field)[0])
        return table + offset if offset else 0

    def _write(self, at: int, number: int) -> None:
        self._written[at] = struct.pack("<I", number)
