"""The modules of a start, kept in one file: to find, check and read them one by one is a tenth of it.

The file lies beside those that Python keeps of each module, is written by who installs, and is believed like
them: each module as long as its source is the file that it was made from. Without it a start takes longer.
"""

from __future__ import annotations

import marshal
import os
import sys
from importlib.machinery import ExtensionFileLoader, ModuleSpec, NamespaceLoader, SourceFileLoader
from mmap import ACCESS_READ, mmap

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` is among the modules to be found sooner
    from types import CodeType
    from typing import TypeAlias

    _File: TypeAlias = tuple[str, int, int, list[str] | None, str | None]
    """Of a module: its source, when it was changed, its size, where submodules are, where Python keeps it."""

PLACE = f"{__spec__.cached or __file__}.start"

STARTS = ("edge_gate.cli.at_once", "edge_gate.cli.keep", "edge_gate.cli.show")
LARGE = 1 << 20
"""Bytes of a library that takes long to link: numpy's, OpenCV's and what encrypts."""

PARTS = ("devices", "face", "recognition", "service", "store")
"""Of these every module: a site's settings choose."""


def use(*, ahead: bool) -> None:
    """Find modules in the file from now on, if there is one that this Python made for these paths.

    Args:
        ahead: link the large libraries of a start in a thread of their own meanwhile.
    """
    try:
        with open(PLACE, "rb") as file:  # noqa: PTH123 - `pathlib` is among the modules to be found sooner
            kept = mmap(file.fileno(), 0, access=ACCESS_READ)
        head = 8 + int.from_bytes(kept[:8], "little")
        made_for, modules, size, libraries = marshal.loads(kept[8:head])  # noqa: S302 - trusted like the modules beside it
    except (OSError, ValueError, EOFError, TypeError):
        return
    if made_for == _here() and len(kept) == head + size:
        sys.meta_path.insert(0, _Finder(modules, memoryview(kept)[head:]))
        if ahead:
            _link(libraries)


def _link(libraries: list[str]) -> None:
    # These two are kept themselves.
    from ctypes import CDLL  # noqa: PLC0415
    from threading import Thread  # noqa: PLC0415

    link = CDLL(None).dlopen
    # Python, which does not end before its threads do, finds them linked when it loads the modules in them.
    Thread(target=lambda: [link(each.encode(), os.RTLD_NOW) for each in libraries]).start()


def keep() -> None:
    """Load all that a start may, and write the file.

    Raises:
        OSError: if it cannot be written; the one that was there stands.
    """
    from contextlib import suppress  # noqa: PLC0415 - a start has no use for these
    from importlib import import_module  # noqa: PLC0415
    from pathlib import Path  # noqa: PLC0415

    package = Path(__file__).parents[1]
    files = (file.relative_to(package.parent) for part in PARTS for file in (package / part).glob("*.py"))
    loaded: list[str] = []
    sys.addaudithook(lambda event, given: loaded.append(given[1]) if event == "import" and given[1] else None)
    for name in STARTS:
        import_module(name)
    large = [file for file in loaded if os.path.getsize(file) > LARGE]  # noqa: PTH202
    from edge_gate.litert import LIBRARIES  # noqa: PLC0415
    from edge_gate.store.files import beside  # noqa: PLC0415

    for name in (*LIBRARIES, *(".".join(file.with_suffix("").parts) for file in files)):
        with suppress(ImportError, OSError):  # of a library that this machine has no use for
            import_module(name)
    modules, codes = {}, bytearray()
    for name, module in list(sys.modules.items()):
        kept = _kept(name, getattr(module, "__spec__", None))
        if kept is not None:
            *file, code = kept
            modules[name] = (*file, len(codes), len(codes) + len(code))
            codes += code
    head = marshal.dumps((_here(), modules, len(codes), large))
    fresh = beside(Path(PLACE))
    fresh.write_bytes(len(head).to_bytes(8, "little") + head + codes)
    fresh.replace(PLACE)


class _Finder:
    """Tells Python where modules are, of those kept: each once, and the next who asks is told as always."""

    def __init__(self, modules: dict[str, tuple[*_File, int, int]], codes: memoryview) -> None:
        self._modules, self._codes = modules, codes

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        if name not in self._modules:
            return None
        source, changed, size, places, cached, begin, end = self._modules.pop(name)
        try:
            now = os.stat(source)  # noqa: PTH116 - as above
        except OSError:
            return None
        if (now.st_mtime_ns, now.st_size) != (changed, size):
            return None
        loader: SourceFileLoader | ExtensionFileLoader | None = None
        if begin < end:
            loader = _Loader(name, source, self._codes[begin:end])
        elif places is None:
            loader = ExtensionFileLoader(name, source)
        spec = ModuleSpec(name, loader, origin=source if loader else None, is_package=places is not None)
        spec.submodule_search_locations = places
        spec.has_location, spec.cached = loader is not None, cached
        return spec


class _Loader(SourceFileLoader):
    """Loads one module, from its code in the file."""

    def __init__(self, name: str, source: str, code: memoryview) -> None:
        super().__init__(name, source)
        self._code = code

    def get_code(self, fullname: str) -> CodeType | None:
        try:
            code: CodeType = marshal.loads(self._code)  # noqa: S302 - as above
        except (EOFError, TypeError, ValueError):  # a card that has lost a part of the file
            return super().get_code(fullname)
        return code


def _here() -> list[str]:
    """For whom modules are found where they were."""
    called_from = 0 if sys.flags.safe_path else 1
    return [sys.version, sys.prefix, *sys.path[called_from:]]


def _kept(name: str, spec: ModuleSpec | None) -> tuple[*_File, bytes] | None:
    """What is written of a module; None where Python itself carries it, or nobody knows its file."""
    loader = type(spec.loader) if spec is not None and spec.name == name else None
    if spec is None or loader not in (SourceFileLoader, ExtensionFileLoader, NamespaceLoader):
        return None
    places = spec.submodule_search_locations
    source = spec.origin or next(iter(places or ()))
    code = marshal.dumps(spec.loader.get_code(name)) if isinstance(spec.loader, SourceFileLoader) else b""
    now = os.stat(source)  # noqa: PTH116 - as above
    return source, now.st_mtime_ns, now.st_size, places and list(places), spec.cached if code else None, code


if __name__ == "__main__":
    keep()
