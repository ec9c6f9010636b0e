"""`dataclass(frozen=True, slots=True)`, sooner defined.

The standard library compiles eight functions for every such class. A door knows 150 kinds of values, most of
them not needed before its first decision, and it waited for them longer than for its networks. Here seven are
shared by all, and the eighth, ``__init__``, is compiled when the first such value is made. All else is the
standard library's: `fields`, `replace` and `asdict` find what they expect.
"""

import dataclasses
from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

_Any = TypeVar("_Any")


def _frozen(cls: type[_Any]) -> type[_Any]:
    made: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    names = [each.name for each in dataclasses.fields(made)]
    shown = [each.name for each in dataclasses.fields(made) if each.repr]
    values: Callable[[object], object] = attrgetter(*names) if names else lambda _: ()

    def __init__(self: object, *given: object, **named: object) -> None:  # noqa: N807 - becomes the class's own
        made.__init__ = init = _initialiser(made)
        init(self, *given, **named)

    def __eq__(self: object, other: object) -> bool:  # noqa: N807 - as above
        return values(self) == values(other) if other.__class__ is made else NotImplemented

    def __hash__(self: object) -> int:  # noqa: N807 - as above
        return hash(values(self))

    def __repr__(self: object) -> str:  # noqa: N807 - as above
        return f"{made.__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"

    made.__init__, made.__eq__, made.__hash__, made.__repr__ = __init__, __eq__, __hash__, __repr__
    made.__setattr__, made.__delattr__ = _refuse, _refuse
    kept: type[_Any] = made
    return kept


def _refuse(_: object, name: str, *__: object) -> NoReturn:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _initialiser(made: Any) -> Callable[..., None]:
    """``__init__`` of a class whose fields are known; each is set through its slot, past `_refuse`."""
    names: dict[str, object] = {"unset": dataclasses.MISSING}
    parameters, body = ["self"], []
    for each in dataclasses.fields(made):
        name = each.name
        if not each.init:
            continue
        names[f"set_{name}"] = getattr(made, name).__set__
        if each.default_factory is not dataclasses.MISSING:
            names[f"make_{name}"] = each.default_factory
            parameters.append(f"{name}=unset")
            body.append(f"set_{name}(self, make_{name}() if {name} is unset else {name})")
            continue
        if each.default is dataclasses.MISSING:
            parameters.append(name)
        else:
            names[f"default_{name}"] = each.default
            parameters.append(f"{name}=default_{name}")
        body.append(f"set_{name}(self, {name})")
    if hasattr(made, "__post_init__"):
        body.append("self.__post_init__()")
    source = f"def __init__({', '.join(parameters)}):\n " + "\n ".join(body or ["pass"])
    exec(source, names)  # noqa: S102 - as the standard library does: only our own fields' names are in it
    init: Any = names["__init__"]
    init.__qualname__ = f"{made.__qualname__}.__init__"
    return init  # type: ignore[no-any-return]


if TYPE_CHECKING:
    # Under its own name, since type checkers know that one.
    from dataclasses import dataclass
else:

    def dataclass(*, frozen: bool, slots: bool) -> Callable[[type], type]:
        """As the standard library's, of a frozen class with slots."""
        assert frozen and slots  # noqa: S101, PT018
        return _frozen


__all__ = ["dataclass"]
