"""All that is kept of one person: told to them, or gone."""

from contextlib import closing

import msgspec

from edge_gate.access.events import SubjectErased, SubjectRemoved
from edge_gate.config import Settings
from edge_gate.errors import GalleryError
from edge_gate.provisioning.ledger import ledger
from edge_gate.service import wiring
from edge_gate.store.record import Record


def held(settings: Settings, name: str) -> dict[str, object]:
    """What there is, in plain values.

    Raises:
        GalleryError: if nobody of that name is known.
        EdgeGateError: if something cannot be read.
    """
    book, cards = wiring.rulebook(settings), wiring.credentials(settings)
    rules = book.rules()
    with closing(wiring.gallery(settings)) as gallery, closing(wiring.journal(settings)) as journal:
        templates, embedder = gallery.subjects().get(name, 0), gallery.roster().embedder
        lines = [_without_others(record.as_json()) for record in journal.records() if record.subject == name]
    number, pin, keypad = cards.held(name)
    whereabouts = book.whereabouts().get(name)
    if not (templates or lines or number or pin or name in rules.people):
        raise _nobody(name)
    return {
        "name": name,
        "templates": templates,
        "templates_are": f"directions in the space of the network {embedder}, made from pictures not kept",
        "rules": msgspec.to_builtins(rules.people[name]) if name in rules.people else None,
        "groups": list(rules.person(name).groups),
        "look_alikes": len(rules.alike.get(name, ())),
        "cards": number,
        "pin": pin,
        "keypad_number": keypad,
        "last_known_side": whereabouts.value if whereabouts else None,
        "journal": lines,
    }


def _without_others(line: dict[str, object]) -> dict[str, object]:
    """A record as it is told to the person it is about: whom they look like is the other one's affair."""
    return {field: value for field, value in line.items() if field != "other"}


def erase_person(settings: Settings, name: str) -> tuple[Record, int]:
    """Erase templates, rules, cards, PINs and whereabouts; the proof comes last, when all of it is gone.

    The gallery's own record is written before its change, as ever; this one says that all is done, and is
    therefore written after. Cut short, the command is given again and goes on.

    Returns:
        The record that proves it, and how many of the journal's lines name the person.

    Raises:
        GalleryError: if nobody of that name is known.
        EdgeGateError: if something cannot be erased.
    """
    book, cards = wiring.rulebook(settings), wiring.credentials(settings)
    with closing(wiring.gallery(settings)) as gallery, ledger(settings) as journal:
        templates = gallery.subjects().get(name, 0)
        number, pin, _ = cards.held(name)
        ruled = name in book.rules().people or pin
        if not (templates or number or ruled):
            raise _nobody(name)
        if templates:
            gallery.remove(name, lambda count: journal.note(SubjectRemoved(name, count)))
        book.remove_person(name)
        book.forget_alike(name)
        if name in gallery.subjects() or cards.held(name) != (0, False, None):
            raise GalleryError(f"{name} was enrolled again meanwhile", "Give the command again")
        proof = journal.note(SubjectErased(name, templates, number, ruled))
    with closing(wiring.journal(settings)) as kept:
        lines = sum(record.subject == name for record in kept.records())
    return proof, lines


def _nobody(name: str) -> GalleryError:
    return GalleryError(f"Nothing is kept of {name!r}", "See the names in `edge-gate gallery list`")
