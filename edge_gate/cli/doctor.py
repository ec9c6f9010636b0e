"""`edge-gate doctor`: is this door fit, and what to do if not?"""

import typer
from rich.markup import escape

from edge_gate.cli.site import CONFIG, Json, console, say_json, site
from edge_gate.errors import EdgeGateError, Unfit
from edge_gate.provisioning.doctor import examine
from edge_gate.provisioning.finding import Finding, Level, failed
from edge_gate.provisioning.machine import Machine

COLOURS = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "bold red"}


def doctor(context: typer.Context, json: Json = False) -> None:
    """Examine computer, camera, lines, models, key and service; say what to do about what is wrong.

    Every line is OK, WARN (the door works, somebody should know) or FAIL (it does not, or is not
    safe). The exit code is 0 without a FAIL and 16 with one. The strike is never released.

    While the service runs it has the camera and the lines, and is asked; stop it to have them looked at.
    """
    chosen = site(context)
    config = chosen.config or (CONFIG if CONFIG.exists() else None)
    failures = 0
    try:
        settings = chosen.settings()
    except EdgeGateError as error:
        _say(failed("configuration", error), json=json)
        raise Unfit("the door cannot be examined without a configuration", error.next) from None
    _say(Finding("configuration", Level.OK, f"{config or 'the defaults alone'}"), json=json)
    for finding in examine(config, settings, Machine()):
        _say(finding, json=json)
        failures += finding.level is Level.FAIL
    if failures:
        raise Unfit(f"{failures} of these lines must be mended before the door is fit")


def _say(finding: Finding, *, json: bool) -> None:
    if json:
        say_json({"about": finding.about, "level": finding.level, "what": finding.what, "next": finding.next})
        return
    level = f"[{COLOURS[finding.level]}]{finding.level:4}[/]"
    console.print(f"{level}  {finding.about:18} {escape(finding.what)}", soft_wrap=True)
    if finding.next:
        console.print(f"      {'':18} [bold]next:[/] {escape(finding.next)}", soft_wrap=True)
