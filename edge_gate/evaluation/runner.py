"""Looks at every photograph of a dataset."""

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeAlias

import numpy as np

from edge_gate.errors import UnreadableInput
from edge_gate.evaluation.cache import Cache
from edge_gate.evaluation.dataset import Photograph
from edge_gate.evaluation.looking import Seen
from edge_gate.evaluation.samples import Samples
from edge_gate.face.frame import Picture

Read: TypeAlias = Callable[[Path], Picture]
UNREADABLE = "unreadable"


def look_at(
    photographs: Iterable[Photograph], read: Read, look: Callable[[Picture, int], Seen], cache: Cache
) -> Samples:
    """Look at each photograph, unless the cache knows it.

    Args:
        photographs: wrap them in a progress bar to show one.
        read: of a file; its `UnreadableInput` becomes a failure to acquire.
        look: what to do with a picture and its number, which seeds whatever is drawn for it.
        cache: what was seen before.
    """
    listed, seen, digest = [], [], hashlib.sha256()
    for number, photograph in enumerate(photographs):
        listed.append(photograph)
        try:
            content = hashlib.sha256(photograph.path.read_bytes()).hexdigest()
        except OSError:
            content = UNREADABLE
        digest.update(f"{photograph.image}\t{photograph.subject}\t{photograph.part}\t{content}\n".encode())

        def looked(photograph: Photograph = photograph, number: int = number) -> Seen:
            try:
                return look(read(photograph.path), number)
            except UnreadableInput:
                return Seen(UNREADABLE)

        seen.append(cache.get(content, looked) if content != UNREADABLE else Seen(UNREADABLE))
    names, people = np.unique([photograph.subject for photograph in listed], return_inverse=True)
    width = max((len(each.vector) for each in seen if each.vector is not None), default=1)
    vectors = np.zeros((len(seen), width), np.float32)
    for row, each in zip(vectors, seen, strict=True):
        if each.vector is not None:
            row[:] = each.vector
    return Samples(
        names=tuple(names.tolist()),
        images=tuple(photograph.image for photograph in listed),
        people=people.astype(np.intp),
        parts=tuple(photograph.part for photograph in listed),
        species=tuple(photograph.species for photograph in listed),
        reasons=tuple(each.reason for each in seen),
        vectors=vectors,
        live=np.array([each.live for each in seen], np.float32),
        digest=digest.hexdigest()[:16],
    )
