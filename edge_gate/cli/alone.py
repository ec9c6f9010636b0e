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


DOCUMENTS = ("numpy._core._add_newdocs", "numpy._core._add_newdocs_scalars")
"""They write numpy's docstrings, and do nothing else."""


def numbers() -> None:
    """Load numpy without its docstrings, and the types that it annotates with: a seventeenth of a start.

    Whoever imports `numpy.typing` afterwards gets the types.
    """
    modules = sys.modules
    if "numpy" in modules:
        return
    away = {name: ModuleType(name) for name in ("numpy._typing", *DOCUMENTS)}
    away["numpy._typing"].__dict__["NDArray"] = _Annotation
    modules.update(away)
    try:
        import numpy  # noqa: F401, ICN001, PLC0415 - see above
    finally:
        for name in away:
            del modules[name]
