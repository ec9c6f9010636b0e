"""What happens before a simulated door, in a few readable lines.

::

    # who does what, for how long
    nobody for 1 s
    ada walks up for 2 s
    ada stands for 2 s
    ada leaves for 1 s
    a print of ada is shown for 2 s
    bela and chidi stand for 2 s
    darkness while dara stands for 2 s
    elif with sunglasses stands near and farah with a mask stands far away for 2 s
    the camera freezes for 3 s

One shot a line: an optional light and ``while``, who does what, ``for`` and the seconds. Empty lines and what
follows a ``#`` are skipped.
"""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import TypeVar

from msgspec import Struct

from edge_gate.access.instant import Millis
from edge_gate.errors import ConfigError
from edge_gate.simulated.attire import Wear
from edge_gate.simulated.cast import members

REMEDY = "Write lines such as `ada walks up for 2 s` or `darkness while ada and bela stand for 1.5 s`"


class Deed(StrEnum):
    """What somebody does during a shot, as said of several; `said` also knows it as said of one."""

    WALK_UP = "walk up"
    STAND = "stand"
    STAND_NEAR = "stand near"
    STAND_FAR_AWAY = "stand far away"
    LOOK_ASIDE = "look aside"
    RUN_PAST = "run past"
    LEAVE = "leave"

    @property
    def said(self) -> tuple[str, str]:
        """The deed of several people, and of one."""
        verb, _, rest = self.partition(" ")
        return self.value, f"{verb}s {rest}".strip()


class Medium(StrEnum):
    """What a face is shown on."""

    SKIN = "skin"
    PRINT = "print"
    PHONE = "phone"


class Light(StrEnum):
    """What the scene is lit by."""

    DAY = "day"
    NIGHT = "night"
    DARKNESS = "darkness"
    BACK_LIGHT = "back light"
    SIDE_LIGHT = "side light"
    GLARE = "glare"


class Act(Struct, frozen=True):
    """One member's part in a shot."""

    member: str
    deed: Deed
    wears: Wear | None = None
    medium: Medium = Medium.SKIN


class Shot(Struct, frozen=True):
    """One line of a script.

    Attributes:
        acts: everybody in view, from left to right.
        lasts: how long, milliseconds, above 0.
        light: what it is lit by.
        frozen: whether the camera repeats its last picture throughout.
    """

    acts: tuple[Act, ...]
    lasts: Millis
    light: Light = Light.DAY
    frozen: bool = False


def parse(script: str) -> tuple[Shot, ...]:
    """The shots of a script, at least one.

    Raises:
        ConfigError: naming the line, what is not understood in it, and what would be.
    """
    shots = []
    for number, line in enumerate(script.splitlines(), 1):
        words = " ".join(line.partition("#")[0].split())
        if words:
            shots.append(_shot(words, f"scene line {number} ({words!r})"))
    if not shots:
        raise ConfigError("the scene has no line in it", REMEDY)
    return tuple(shots)


def _shot(words: str, where: str) -> Shot:
    match = re.fullmatch(r"(?:(.+?) while )?(.+?) for (\d+(?:\.\d+)?) s", words)
    if match is None or float(match[3]) <= 0:
        raise ConfigError(f"{where} does not end in `for N s`, N seconds above 0", REMEDY)
    lasts = round(float(match[3]) * 1000)
    light = _one_of(match[1] or Light.DAY, {light.value: light for light in Light}, "light", where)
    if match[2] == "the camera freezes":
        return Shot((), lasts, light, frozen=True)
    if match[2] == "nobody":
        return Shot((), lasts, light)
    return Shot(tuple(_acts(match[2], where)), lasts, light)


def _acts(words: str, where: str) -> Iterable[Act]:
    """The parts in "ada and bela with a mask stand and chidi leaves": a deed is that of all just named."""
    deeds = {said: deed for deed in Deed for said in deed.said}
    waiting: list[str] = []
    for piece in re.split(r",? and |, ", words):
        shown = re.fullmatch(r"a (\S+) (?:of|with) (\S+) is shown", piece)
        if shown and not waiting:
            medium = _one_of(
                shown[1], {m.value: m for m in (Medium.PRINT, Medium.PHONE)}, "thing to show", where
            )
            yield Act(_member(shown[2], where), Deed.STAND, medium=medium)
            continue
        said = max((said for said in deeds if piece.endswith(f" {said}")), key=len, default=None)
        waiting.append(piece.removesuffix(f" {said}") if said else piece)
        if said:
            for who in waiting:
                name, _, worn = who.partition(" with ")
                things = {wear.value: wear for wear in Wear}
                wears = _one_of(worn, things, "thing to wear", where) if worn else None
                yield Act(_member(name, where), deeds[said], wears)
            waiting = []
    for who in waiting:  # the line ended before their deed
        name, _, rest = who.partition(" ")
        _one_of(rest, deeds, f"deed of {_member(name, where)}", where)


def _member(name: str, where: str) -> str:
    return _one_of(name, {name: name for name in members()}, "member of the cast", where)


_Meaning = TypeVar("_Meaning")


def _one_of(word: str, meanings: dict[str, _Meaning], what: str, where: str) -> _Meaning:
    if word not in meanings:
        raise ConfigError(f"{where}: {word!r} is no {what}; there is {', '.join(meanings)}", REMEDY)
    return meanings[word]
