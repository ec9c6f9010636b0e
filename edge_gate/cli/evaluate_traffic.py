"""How `edge-gate evaluate --from-journal` tells what it found."""

import msgspec

from edge_gate.cli.site import console, say_json
from edge_gate.evaluation.traffic import Scores, Traffic


def tell_traffic(traffic: Traffic, *, json: bool) -> None:
    """Figures for a person or a script."""
    if json:
        say_json({"traffic": msgspec.to_builtins(traffic, str_keys=True)})
        return
    console.print(f"{traffic.since or 'no decision about a face'} to {traffic.until or 'now'}")
    _tell("after a card or PIN", "denied (FNMR)", traffic.named_first)
    _tell("found among everybody", "another person reached the threshold too", traffic.others)
    flaws = ", ".join(f"{flaw} {count}" for flaw, count in sorted(traffic.flawed.items())) or "none"
    console.print(f"never fit to compare    {flaws}")
    console.print(f"taken for an attack     {traffic.not_live}")
    console.print(f"named nobody            {traffic.unknown}: strangers or members, nobody knows which")
    for what, numbers in (("let in", traffic.wrong_grants), ("kept out", traffic.wrong_denials)):
        listed = ", ".join(map(str, numbers)) or "none"
        console.print(f"marked wrong, {what:9} {listed}")
    if traffic.left_out:
        console.print(f"left out                {traffic.left_out} decisions of another embedder")


def _tell(kind: str, erred: str, scores: Scores | None) -> None:
    if scores is None:
        console.print(f"{kind:23} none")
        return
    rate = scores.erred
    console.print(
        f"{kind:23} {rate.tries:,} decisions, {scores.people:,} people; {erred}: {rate.value:.2%} "
        f"({rate.low:.2%} to {rate.high:.2%}, {rate.errors:,})",
        soft_wrap=True,
    )
    marks = ", ".join(f"{mark} %: {score:.3f}" for mark, score in scores.percentiles.items())
    console.print(f"{'':23} scores at {marks}")
