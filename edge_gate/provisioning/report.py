"""The commissioning report: one page that needs nothing beside it, signed by the board."""

from base64 import b64encode
from collections.abc import Sequence
from html import escape

from edge_gate import __version__
from edge_gate.config import Settings
from edge_gate.provisioning.commissioning import Item, Mark
from edge_gate.provisioning.finding import Finding

_STYLE = """body { font: 16px/1.5 sans-serif; max-width: 50em; margin: 2em auto; padding: 0 1em; color: #222 }
table { border-collapse: collapse; width: 100%; margin: 1em 0 } td, th { text-align: left; padding: .3em .6em;
border-bottom: 1px solid #ccc; vertical-align: top } .FAILED, .FAIL { color: #a00; font-weight: bold }
.passed, .OK { color: #060 } .WARN { color: #850 } h1.yes { color: #060 } h1.no { color: #a00 }
img { max-width: 100% }"""


def page(
    settings: Settings, items: Sequence[Item], findings: Sequence[Finding], *, who: str, utc: str, device: str
) -> str:
    """The page, without its signature.

    Args:
        settings: of the door.
        items: what was tried.
        findings: what `doctor` said.
        who: did it.
        utc: when it was done.
        device: name of the board's key.
    """
    failed = [item.name for item in items if item.mark is Mark.FAILED]
    verdict = f"NOT commissioned: {', '.join(failed)}" if failed else "Commissioned"
    about = {
        "Door": settings.door.hardware,
        "Camera": settings.camera.source.partition("://")[0],
        "Models": settings.models.pack,
        "Asked of a person": settings.access.verification,
        "Photographs": f"waived: {settings.liveness.waiver}" if settings.liveness.waiver else "refused",
        "Unlock time": f"{settings.door.unlock_ms} ms",
        "Done by": who,
        "Done at": utc,
        "Board": device,
        "Program": f"edge_gate {__version__}",
    }
    head = "".join(f"<tr><th>{name}</th><td>{escape(value)}</td></tr>\n" for name, value in about.items())
    tried = "".join(_row(item.mark, item.name, item.mark, item.what, item.picture) for item in items)
    pictures = "" if any(item.picture for item in items) else "no picture and "
    found = "".join(
        _row(each.level, each.about, each.level, f"{each.what}. {each.next}" if each.next else each.what)
        for each in findings
    )
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{escape(verdict)}</title>
<style>{_STYLE}</style></head><body>
<h1 class="{"no" if failed else "yes"}">{escape(verdict)}</h1>
<table>{head}</table>
<h2>What was tried</h2>
<table>{tried}</table>
<h2>What the examination found</h2>
<table>{found}</table>
<p>Signed by the board in this file's last line: <code>edge-gate commission --verify FILE</code> says whether
it is as it was written. It holds {pictures}no template.</p>
</body></html>"""


def _row(kind: str, first: str, mark: str, what: str, picture: bytes | None = None) -> str:
    cell = f'<td class="{kind.split(maxsplit=1)[0]}">{mark}</td>'
    seen = f'<br><img alt="" src="data:image/jpeg;base64,{b64encode(picture).decode()}">' if picture else ""
    return f"<tr><th>{escape(first)}</th>{cell}<td>{escape(what)}{seen}</td></tr>\n"
