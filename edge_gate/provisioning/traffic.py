"""The door's own error rates, from its own journal: only where the people who use it have agreed."""

from contextlib import closing

from edge_gate.access.events import DecisionMarked, JournalEvaluated
from edge_gate.config import CONSENT, Settings
from edge_gate.errors import ConfigError, JournalError
from edge_gate.evaluation.traffic import Heard, Traffic, measured
from edge_gate.provisioning.ledger import ledger
from edge_gate.service import wiring
from edge_gate.store.case import case_of
from edge_gate.store.manifest import read_manifest


def evaluated(settings: Settings, user: str) -> Traffic:
    """Read the journal and sum it up; that it was done, and by whom, is journalled first.

    Raises:
        ConfigError: if the configuration does not say that people have agreed.
        JournalError: if the journal cannot be read.
    """
    if settings.evaluation.consent != CONSENT:
        raise ConfigError(
            "the journal tells of people, and the configuration does not say that they agreed to be measured",
            f'Ask them; then write [evaluation] consent = "{CONSENT}"',
        )
    manifest = read_manifest()
    embedder = manifest.embedder(manifest.chosen(settings.models.pack)).sha256
    marks = {}
    with ledger(settings) as book, closing(wiring.journal(settings)) as journal:
        book.note(JournalEvaluated(user))
        for record in journal.records():
            if record.event == DecisionMarked.name:
                marks[record.detail["decision"]] = record.detail["wrong"]
        wrong = frozenset(number for number, holds in marks.items() if holds and isinstance(number, int))
        decisions = (
            Heard(record.seq, record.utc, case_of(record))
            for record in journal.records()
            if record.detail.get("case")
        )
        try:
            return measured(decisions, embedder, wrong)
        except ValueError as error:
            raise JournalError(f"A record of the journal was altered: {error}") from error
