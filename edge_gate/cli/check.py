"""`edge-gate check`: is this configuration one that the daemon would run with?"""

import msgspec
import typer

from edge_gate.cli.site import Json, console, say_json, site
from edge_gate.errors import ConfigError
from edge_gate.evaluation.budget import promise_in_words
from edge_gate.service import wiring
from edge_gate.service.lines import door_lines, panel_lines
from edge_gate.service.policy import consensus, unmet
from edge_gate.service.standard import Mode


def check(context: typer.Context, json: Json = False) -> None:
    """Read the configuration, prove the models, open gallery, rules and journal; touches no hardware."""
    settings = site(context).settings()
    rules = consensus(settings)
    standard = wiring.standard(settings)
    wiring.eyes(settings)
    if settings.door.hardware == "gpio":
        door_lines(settings)
        panel_lines(settings)
    gallery = wiring.gallery(settings)
    subjects = len(gallery.subjects())
    roster = gallery.roster()
    standard.ruling(roster, Mode.SEARCH)
    wiring.journal(settings).close()
    gallery.close()
    for what, remedy in unmet(settings, wiring.rulebook(settings).rules()):
        raise ConfigError(what, remedy)
    if json:
        say_json(
            {
                "ok": True,
                "subjects": subjects,
                "promise": standard.figures(),
                "settings": msgspec.to_builtins(settings),
            }
        )
        return
    console.print(f"camera     {settings.camera.source}")
    console.print(f"models     {settings.models.pack}: every file is the one the manifest names")
    live = "waived: a photograph may open this door" if rules.live is None else f"at least {rules.live}"
    console.print(f"liveness   {live}")
    console.print(f"decision   lead {rules.lead}, {rules.agreeing} sightings")
    console.print(f"promise    {promise_in_words(standard.answers[Mode.SEARCH])}", markup=False)
    console.print(f"door       {settings.door.hardware}, unlocked for {settings.door.unlock_ms} ms")
    console.print(f"gallery    {subjects} people, {len(roster.matrix)} templates")
    console.print("[bold green]the configuration is sound[/]")
