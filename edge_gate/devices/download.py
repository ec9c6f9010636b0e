"""Model files from elsewhere, as a stream of bytes: the only module that ever opens a network connection."""

import http.client
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import urljoin, urlsplit

from edge_gate.errors import DownloadFailed
from edge_gate.ports import Stream

CHUNK = 1 << 16
"""Bytes taken at a time."""


class Folder:
    """A directory, such as a mounted stick."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def open(self, name: str, start: int) -> Iterator[Stream]:
        """Begin at byte `start` of a file."""
        path = self._path / name
        try:
            with path.open("rb") as file:
                file.seek(start)
                length = path.stat().st_size - start
                yield Stream(start, length, iter(lambda: file.read(CHUNK), b""))
        except OSError as error:
            raise DownloadFailed(f"{path} cannot be read ({error.strerror})") from error


class Web:
    """Addresses of files, by name; or one address under which all of them lie.

    Proxies come from the environment (``https_proxy``), certificates from the system's store.

    Args:
        addresses: where each file lies; a name that is missing lies under `base`.
        base: a mirror's address, ending in a slash; empty for none.
        timeout_s: how long the other end may be silent.
    """

    def __init__(self, addresses: dict[str, str], base: str = "", timeout_s: float = 30.0) -> None:
        self._addresses = addresses
        self._base = base
        self._timeout_s = timeout_s

    @contextmanager
    def open(self, name: str, start: int) -> Iterator[Stream]:
        """Begin at byte `start` of a file."""
        address = urljoin(self._base, name) if self._base else self._addresses.get(name, "")
        if urlsplit(address).scheme != "https":
            raise DownloadFailed(
                f"{name} is not published at an https address", "Bring it yourself: `edge-gate models show`"
            )
        headers = {"Range": f"bytes={start}-"} if start else {}
        request = urllib.request.Request(address, headers=headers)  # noqa: S310 - https, checked above
        opener = urllib.request.build_opener(_HttpsOnly)
        try:
            with opener.open(request, timeout=self._timeout_s) as answer:
                length = answer.headers.get("Content-Length")
                begun = start if answer.status == http.client.PARTIAL_CONTENT else 0
                yield Stream(begun, int(length) if length else None, _chunks(answer, address))
        except urllib.error.HTTPError as refusal:
            with refusal:
                raise DownloadFailed(f"{address}: {refusal}") from refusal
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise DownloadFailed(f"{address}: {error}") from error


class _HttpsOnly(urllib.request.HTTPRedirectHandler):
    """Follows a redirection only to another https address."""

    def redirect_request(  # noqa: PLR0917 - urllib's signature
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        if urlsplit(newurl).scheme != "https":
            fp.close()
            raise urllib.error.URLError(f"redirected away from https, to {newurl}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _chunks(answer: http.client.HTTPResponse, address: str) -> Iterator[bytes]:
    while True:
        try:
            chunk = answer.read(CHUNK)
        except (OSError, http.client.HTTPException) as error:
            raise DownloadFailed(f"{address} broke off: {error}") from error
        if not chunk:
            return
        yield chunk
