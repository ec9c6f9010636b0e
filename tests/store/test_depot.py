"""Model files from a server that truncates, stalls, lies, swaps and drops: nothing half-installed."""

import datetime as dt
import hashlib
import http.server
import ssl
import threading
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import numpy as np
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from edge_gate.devices.download import Folder, Web
from edge_gate.errors import DownloadFailed, EdgeGateError, ModelError, StorageFull
from edge_gate.store.depot import Depot
from edge_gate.store.manifest import LivenessNetwork

CONTENT = np.random.default_rng(5).bytes(300_000)
MODEL = LivenessNetwork(
    file="net.onnx",
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    bytes=len(CONTENT),
    licence="none",
    source="this test",
    training="none",
    verified="by this test",
    contract="minifasnet",
    scale=1.0,
)


class Server:
    """An HTTPS server on this machine that misbehaves as it is told.

    Attributes:
        mood: what it does to the next request.
        ranges: the Range header of each request so far.
    """

    def __init__(self, certificate: Path) -> None:
        self.mood = "honest"
        self.ranges: list[str | None] = []
        self.released = threading.Event()
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                owner.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        class Listener(http.server.ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                """A client that hangs up on us is what some of the tests are about."""

        self._server = Listener(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = False
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def address(self) -> str:
        return f"https://127.0.0.1:{self._server.server_port}/"

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request: http.server.BaseHTTPRequestHandler) -> None:
        asked = request.headers.get("Range")
        self.ranges.append(asked)
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and self.mood != "no ranges" else 0
        body = CONTENT[start:]
        if self.mood == "missing":
            request.send_error(404)
            return
        if self.mood == "downgrades":
            request.send_response(302)
            request.send_header("Location", "http://127.0.0.1:9/net.onnx")
            request.end_headers()
            return
        if self.mood == "swaps":
            body = bytes(len(body))
        length = len(body) + 7 if self.mood == "lies" else len(body)
        request.send_response(206 if start else 200)
        if self.mood != "says no length":
            request.send_header("Content-Length", str(length))
        request.end_headers()
        sent = {"truncates": body[:1000], "drops at 99 %": body[: len(body) * 99 // 100]}.get(self.mood, body)
        if self.mood == "says no length":
            sent = body + b"and more" * 20_000
        if self.mood == "stalls":
            request.wfile.write(body[:70_000])
            request.wfile.flush()
            self.released.wait(30)
            return
        request.wfile.write(sent)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def server(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = Server(certificate)
    yield server
    server.close()


@pytest.fixture
def depot(tmp_path: Path) -> Depot:
    return Depot(tmp_path / "models")


def web(server: Server) -> Web:
    return Web({MODEL.file: server.address + MODEL.file}, timeout_s=0.5)


def test_an_honest_server_s_file_is_installed_whole_and_its_coming_is_told(
    server: Server, depot: Depot
) -> None:
    told: list[int] = []
    path = depot.install(MODEL, web(server), told.append)
    assert path.read_bytes() == CONTENT
    assert told == sorted(told)
    assert told[-1] == MODEL.bytes
    assert depot.has(MODEL)
    assert [each.name for each in depot.directory.iterdir()] == [MODEL.file]


@pytest.mark.parametrize(
    ("mood", "error", "kept"),
    [
        ("truncates", DownloadFailed, True),
        ("drops at 99 %", DownloadFailed, True),
        ("stalls", DownloadFailed, True),
        ("missing", DownloadFailed, False),
        ("downgrades", DownloadFailed, False),
        ("lies", ModelError, False),
        ("swaps", ModelError, False),
        ("says no length", ModelError, False),
    ],
)
def test_a_server_that_misbehaves_leaves_nothing_half_installed(
    server: Server, depot: Depot, mood: str, error: type[EdgeGateError], kept: bool
) -> None:
    server.mood = mood
    with pytest.raises(error) as refused:
        depot.install(MODEL, web(server))
    assert not depot.has(MODEL)
    assert not (depot.directory / MODEL.file).exists()
    assert (depot.directory / f"{MODEL.file}.part").exists() is kept
    assert refused.value.next

    server.mood = "honest"
    assert depot.install(MODEL, web(server)).read_bytes() == CONTENT


def test_the_next_attempt_goes_on_from_what_has_arrived(server: Server, depot: Depot) -> None:
    server.mood = "drops at 99 %"
    with pytest.raises(DownloadFailed):
        depot.install(MODEL, web(server))
    server.mood = "honest"
    depot.install(MODEL, web(server))
    assert server.ranges == [None, f"bytes={len(CONTENT) * 99 // 100}-"]


def test_a_server_that_cannot_go_on_from_the_middle_begins_again(server: Server, depot: Depot) -> None:
    server.mood = "truncates"
    with pytest.raises(DownloadFailed):
        depot.install(MODEL, web(server))
    server.mood = "no ranges"
    assert depot.install(MODEL, web(server)).read_bytes() == CONTENT


def test_what_waited_since_another_release_is_fetched_anew(server: Server, depot: Depot) -> None:
    depot.directory.mkdir()
    (depot.directory / f"{MODEL.file}.part").write_bytes(b"x" * 1000)
    with pytest.raises(ModelError, match="sha256"):
        depot.install(MODEL, web(server))
    assert depot.install(MODEL, web(server)).read_bytes() == CONTENT


def test_a_file_in_place_is_replaced_only_by_a_whole_one(server: Server, depot: Depot) -> None:
    depot.directory.mkdir()
    (depot.directory / MODEL.file).write_bytes(b"the old one")
    server.mood = "swaps"
    with pytest.raises(ModelError):
        depot.install(MODEL, web(server))
    assert (depot.directory / MODEL.file).read_bytes() == b"the old one"


def test_a_stick_serves_as_well_as_the_web(depot: Depot, tmp_path: Path) -> None:
    (tmp_path / MODEL.file).write_bytes(CONTENT)
    assert depot.install(MODEL, Folder(tmp_path)).read_bytes() == CONTENT


def test_a_stick_without_the_file_says_so(depot: Depot, tmp_path: Path) -> None:
    with pytest.raises(DownloadFailed, match=r"net\.onnx cannot be read"):
        depot.install(MODEL, Folder(tmp_path))


def test_a_mirror_is_asked_by_file_name(server: Server, depot: Depot) -> None:
    assert depot.install(MODEL, Web({}, server.address, 0.5)).read_bytes() == CONTENT


def test_only_https_is_spoken(depot: Depot) -> None:
    with pytest.raises(DownloadFailed, match="not published at an https address"):
        depot.install(MODEL, Web({MODEL.file: "http://127.0.0.1:9/net.onnx"}))


def test_a_certificate_that_nobody_vouches_for_is_refused(
    server: Server, depot: Depot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "none.pem").write_text("")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    with pytest.raises(DownloadFailed, match=r"(?i)certificate"):
        depot.install(MODEL, web(server))


def test_a_directory_that_cannot_be_written_is_said_so(server: Server, tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file where the directory should be")
    with pytest.raises(StorageFull, match="cannot be written"):
        Depot(tmp_path / "models").install(MODEL, web(server))
