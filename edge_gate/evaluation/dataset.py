"""Photographs of known people: an ``index.csv``, or a folder for each person."""

import csv
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import cast, get_args

from msgspec import Struct

from edge_gate.errors import UnreadableInput
from edge_gate.evaluation.samples import Part

SUFFIXES = frozenset({".jpg", ".jpeg", ".png"})


class Photograph(Struct, frozen=True):
    """One picture of a dataset.

    Attributes:
        path: where it lies.
        image: its path inside the dataset.
        subject: who it shows, or whom an attack impersonates.
        part: its role.
        species: of an attack, how it was made; otherwise empty.
    """

    path: Path
    image: str
    subject: str
    part: Part
    species: str = ""


def read_dataset(folder: Path) -> tuple[Photograph, ...]:
    """The photographs of a dataset, in one order always.

    With an ``index.csv``: columns `image`, `subject`, `role` (enrol, probe, stranger or attack) and, for
    attacks, `species`. Without: each folder is a person, the first picture by name enrols, the others
    probe; a person of one picture is a stranger.

    Raises:
        UnreadableInput: if it is neither.
    """
    index = folder / "index.csv"
    photographs = tuple(_indexed(index) if index.is_file() else _by_folder(folder))
    if not photographs:
        raise UnreadableInput(
            f"{folder} holds no dataset", "Give a folder with an index.csv, or with a folder for each person"
        )
    return photographs


def _indexed(index: Path) -> Iterator[Photograph]:
    try:
        with index.open(newline="") as file:
            rows = list(csv.DictReader(file, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UnreadableInput(f"{index} cannot be read: {error}") from error
    for number, row in enumerate(rows, start=2):
        image, subject, role = row.get("image"), row.get("subject"), row.get("role")
        if not image or not subject or role not in get_args(Part):
            raise UnreadableInput(
                f"{index}, line {number}: image {image!r}, subject {subject!r}, role {role!r}",
                f"Give each line an image, a subject and a role of: {', '.join(get_args(Part))}",
            )
        path = index.parent / image
        yield Photograph(path, image, subject, cast("Part", role), row.get("species") or "")


def _by_folder(folder: Path) -> Iterator[Photograph]:
    pictures = sorted(path for path in folder.glob("*/*") if path.suffix.lower() in SUFFIXES)
    for home, paths in groupby(pictures, key=lambda path: path.parent):
        rest = list(paths)
        for place, path in enumerate(rest):
            part: Part = "stranger" if len(rest) == 1 else "probe" if place else "enrol"
            yield Photograph(path, f"{home.name}/{path.name}", home.name, part)
