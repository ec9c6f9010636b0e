"""What the owner's verbs share: the rules, and a line in the journal for each change."""

import os
import pwd
from contextlib import closing

import typer

from edge_gate.access.events import RulesChanged
from edge_gate.cli.site import console, site
from edge_gate.devices.clock import SystemClock
from edge_gate.service import wiring
from edge_gate.store.record import Entry
from edge_gate.store.rules import RuleBook


def book(context: typer.Context) -> RuleBook:
    """The rules of the site."""
    return wiring.rulebook(site(context).settings())


def changed(context: typer.Context, change: str) -> None:
    """Say that the rules were changed, and write down by whom."""
    settings = site(context).settings()
    version = wiring.rulebook(settings).rules().version
    clock = SystemClock()
    with closing(wiring.journal(settings)) as journal:
        journal.append(Entry(RulesChanged(user(), change, version), clock.now(), clock.utc_ms()))
    console.print(f"{change}; the door knows within a second", markup=False)


def user() -> str:
    """Whoever sits before sudo, as sudo says, else whose process this is."""
    uid = int(os.environ.get("SUDO_UID", os.getuid()))
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"
