"""Pairs of people whom the door could take for each other, beside the rules: each needs more than a face.

A pair stays, whatever the threshold does later, until a face of it is erased or an operator tells the two
apart; then it is kept as told apart, so that the next audit does not find it anew.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from edge_gate.errors import RulesError

Pair: TypeAlias = tuple[str, str]
"""Two names, the one that sorts first before the other."""

KIND = "alike"


def read(db: sqlite3.Connection) -> Mapping[Pair, bool]:
    """Every pair kept; False where an operator has told the two apart.

    Raises:
        RulesError: if one was altered.
    """
    found = {}
    for name, value in db.execute("SELECT name, value FROM rule WHERE kind = ? ORDER BY name", (KIND,)):
        try:
            one, two = json.loads(name)
            found[str(one), str(two)] = {"true": True, "false": False}[value]
        except (KeyError, TypeError, ValueError) as error:
            raise RulesError(f"The look-alikes {name} were altered") from error
    return found


def write(db: sqlite3.Connection, pairs: Iterable[Pair], *, alike: bool) -> None:
    """Keep pairs, within the caller's transaction, whatever was said of them before."""
    rows = [(KIND, json.dumps(sorted(pair)), json.dumps(alike)) for pair in pairs]
    db.executemany("INSERT OR REPLACE INTO rule VALUES (?, ?, ?)", rows)


def forget(db: sqlite3.Connection, name: str) -> None:
    """Forget every pair with that person, within the caller's transaction."""
    gone = [(KIND, json.dumps(pair)) for pair in read(db) if name in pair]
    db.executemany("DELETE FROM rule WHERE kind = ? AND name = ?", gone)


def merge(db: sqlite3.Connection, kept: str, other: str) -> None:
    """`kept` is now like everybody whom `other` was like, within the caller's transaction."""
    like = [
        one if two == other else two
        for (one, two), alike in read(db).items()
        if alike and other in (one, two)
    ]
    forget(db, other)
    write(db, [(kept, name) for name in like if name != kept], alike=True)
