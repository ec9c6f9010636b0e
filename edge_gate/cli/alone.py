"""Libraries without what they load and a door has no use for: an eighth of a start."""

import sys
from contextlib import suppress
from types import ModuleType
from typing import Any


def values() -> None:
    """Load msgspec as where typing_extensions, which it can do without, is not installed.

    It loads `inspect`, and with it Python's tokenizer: a fourteenth of a start.
    """
    modules: dict[str, Any] = sys.modules
    if "typing_extensions" in modules:
        return
    modules["typing_extensions"] = None  # to Python, one that is not there
    # Should msgspec need it one day, whoever asks for msgspec next gets both.
    with suppress(ImportError):
        import msgspec  # noqa: F401, PLC0415 - see above
    del modules["typing_extensions"]


class _Annotation:
    """What numpy annotates a few results with, whatever of."""

    def __class_getitem__(cls, _: object) -> type["_Annotation"]:
        return cls


def numbers() -> None:
    """Load numpy without the types that it has for annotations, a twentieth of a start.

    Whoever imports `numpy.typing` afterwards gets them.
    """
    modules = sys.modules
    if "numpy" in modules:
        return
    modules["numpy._typing"] = types = ModuleType("numpy._typing")
    types.__dict__["NDArray"] = _Annotation
    try:
        import numpy  # noqa: F401, ICN001, PLC0415 - see above
    finally:
        del modules["numpy._typing"]
