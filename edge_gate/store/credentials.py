"""Whose card, whose PIN: neither can be read back.

A card number is kept as HMAC-SHA256 under a key of its own file, since the numbers are few enough to try
them all. A PIN is kept as argon2id with the parameters that OWASP's Password Storage Cheat Sheet gives for
small machines (19 MiB, two passes, one lane).
"""

import hmac
import re
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from edge_gate.access.claim import Shown, Side
from edge_gate.access.keypad import LONGEST, Entry
from edge_gate.access.verification import Factor
from edge_gate.errors import RulesError
from edge_gate.store import database
from edge_gate.store.key import KeyFile
from edge_gate.store.rules import change, opened

SHORTEST = 4
"""Digits of a PIN, at least."""

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


class Credentials:
    """Cards and PINs. Threads may share it, and processes the file.

    Args:
        path: the database, the same as the rules'.
        keys: the key of the card numbers; made if it is missing.
    """

    def __init__(self, path: Path, keys: KeyFile) -> None:
        self._path = path
        self._keys = keys

    def add_card(self, person: str, number: str, *, duress: bool = False) -> None:
        """Give a person a card.

        Args:
            person: the holder.
            number: as the reader gives it, e.g. ``w26:17:4711``.
            duress: whether it opens as usual and raises a silent event.

        Raises:
            RulesError: if it is somebody's already.
            KeyFileError: if the key cannot be used.
        """
        digest = self._digest(number)
        with opened(self._path) as db, database.transaction(db):
            row = db.execute("SELECT person FROM card WHERE digest = ?", (digest,)).fetchone()
            if row:
                raise RulesError(f"The card is {row[0]}'s already", "Remove it there first")
            db.execute("INSERT INTO card VALUES (?, ?, ?)", (digest, person, duress))
            change(db)

    def remove_cards(self, person: str) -> int:
        """Take all cards from a person; how many they were."""
        with opened(self._path) as db, database.transaction(db):
            gone = db.execute("DELETE FROM card WHERE person = ?", (person,)).rowcount
            change(db)
        return gone

    def set_pin(self, person: str, pin: str, *, duress: bool = False) -> int:
        """Give a person a PIN, or another; the keypad number that goes before it.

        Raises:
            RulesError: if it is not 4 to 12 digits, or is both the usual one and the one for duress.
        """
        if not re.fullmatch(rf"[0-9]{{{SHORTEST},{LONGEST}}}", pin):
            raise RulesError(
                f"A PIN has {SHORTEST} to {LONGEST} digits, and nothing else", "Choose another PIN"
            )
        with opened(self._path) as db, database.transaction(db):
            other = db.execute(
                "SELECT hash FROM pin WHERE person = ? AND duress = ?", (person, not duress)
            ).fetchone()
            if other and _matches(other[0], pin):
                raise RulesError("The usual PIN and the one for duress must differ", "Choose another PIN")
            db.execute("INSERT OR REPLACE INTO pin VALUES (?, ?, ?)", (person, duress, _HASHER.hash(pin)))
            db.execute(
                """INSERT OR IGNORE INTO keypad
                SELECT ifnull(max(number), 0) + 1, ? FROM keypad""",
                (person,),
            )
            change(db)
            (number,) = db.execute("SELECT number FROM keypad WHERE person = ?", (person,)).fetchone()
        return int(number)

    def held(self, person: str) -> tuple[int, bool, int | None]:
        """How many cards a person has, whether a PIN, and the keypad number."""
        with opened(self._path) as db:
            (cards,) = db.execute("SELECT count(*) FROM card WHERE person = ?", (person,)).fetchone()
            pin = db.execute("SELECT 1 FROM pin WHERE person = ?", (person,)).fetchone()
            number = db.execute("SELECT number FROM keypad WHERE person = ?", (person,)).fetchone()
        return cards, pin is not None, number and number[0]

    def card_shown(self, number: str, toward: Side) -> Shown:
        """What a card at a reader claims.

        Raises:
            RulesError, KeyFileError: if that cannot be told.
        """
        digest = self._digest(number)
        with opened(self._path) as db:
            row = db.execute("SELECT person, duress FROM card WHERE digest = ?", (digest,)).fetchone()
        person, duress = row or (None, False)
        return Shown(Factor.CARD, f"card:{digest[:12]}", person, duress=bool(duress), toward=toward)

    def pin_typed(self, entry: Entry, holder: str | None, toward: Side) -> Shown:
        """What a PIN claims, after a keypad number or else after the card of `holder`.

        Both PINs are tried every time, so that the one for duress takes no longer.

        Raises:
            RulesError: if that cannot be told.
        """
        with opened(self._path) as db:
            if entry.number is not None:
                row = db.execute(
                    "SELECT person FROM keypad WHERE number = ?", (int(entry.number),)
                ).fetchone()
                holder = row and row[0]
            hashes = dict(db.execute("SELECT duress, hash FROM pin WHERE person = ?", (holder,)))
        usual, duress = (kind in hashes and _matches(hashes[kind], entry.pin) for kind in (0, 1))
        return Shown(Factor.PIN, f"pin:{holder or ''}", holder, usual or duress, duress, toward)

    def _digest(self, number: str) -> str:
        return hmac.new(self._keys.find_or_make().secret, number.encode(), "sha256").hexdigest()


def _matches(kept: str, pin: str) -> bool:
    try:
        return _HASHER.verify(kept, pin)
    except (Argon2Error, InvalidHashError):
        return False
