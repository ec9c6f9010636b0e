"""The whole site in one encrypted file, and back, on this board or another."""

import io
import shutil
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, cast

from edge_gate.access.events import BackupMade, BackupRestored
from edge_gate.config import Settings, load
from edge_gate.errors import EdgeGateError, GalleryError, StorageFull, UnreadableInput
from edge_gate.provisioning.ledger import ledger
from edge_gate.provisioning.setup import write
from edge_gate.service import wiring
from edge_gate.store.files import replace_private, write_private
from edge_gate.store.gallery import EncryptedGallery
from edge_gate.store.journal import Journal
from edge_gate.store.key import Key, KeyFile
from edge_gate.store.parcel import SealedReader, SealedWriter

GALLERY, KEY, JOURNAL = "gallery.sqlite", "gallery.key", "journal.sqlite"
RULES, CARDS, CONFIG = "rules.sqlite", "cards.key", "edge_gate.toml"
NAMES = frozenset({GALLERY, KEY, JOURNAL, RULES, CARDS, CONFIG})


def make(settings: Settings, config: Path | None, out: Path, secret: str | Key) -> int:
    """Write people, key, rules, journal and configuration to a new file; how many templates are in it.

    Raises:
        UnreadableInput: if the file is there already, or cannot be written.
        EdgeGateError: if something of the site cannot be read.
    """
    with (
        _beside(Path(settings.store.state)) as folder,
        closing(wiring.gallery(settings)) as gallery,
        ledger(settings) as book,
    ):
        templates = len(gallery.roster().matrix)
        book.note(BackupMade(templates))
        key = gallery.copy(folder / GALLERY)
        with closing(wiring.journal(settings)) as journal:
            journal.copy(folder / JOURNAL)
        wiring.rulebook(settings).copy(folder / RULES)
        with _writing(out) as file:
            _pack(file, secret, _parts(settings, config, folder, key))
    return templates


def _parts(
    settings: Settings, config: Path | None, folder: Path, key: Key
) -> Iterator[tuple[str, Path | bytes]]:
    yield from ((name, folder / name) for name in (GALLERY, JOURNAL, RULES))
    yield KEY, key.secret
    cards = Path(settings.store.state) / CARDS
    if cards.exists():
        yield CARDS, cards
    if config and config.exists():
        yield CONFIG, config


def _pack(file: IO[bytes], secret: str | Key, parts: Iterator[tuple[str, Path | bytes]]) -> None:
    sealed = SealedWriter(cast("io.BufferedWriter", file), secret)
    with tarfile.open(mode="w|", fileobj=cast("IO[bytes]", sealed)) as archive:
        for name, part in parts:
            about = tarfile.TarInfo(name)
            about.mtime = int(datetime.now(UTC).timestamp())
            if isinstance(part, bytes):
                about.size = len(part)
                archive.addfile(about, io.BytesIO(part))
            else:
                about.size = part.stat().st_size
                with part.open("rb") as content:
                    archive.addfile(about, content)
    sealed.finish()


def restore(settings: Settings, config: Path, parcel: Path, secret: str | Key, *, replace: bool) -> str:
    """Put a backup in place of what is there; nothing is touched before all of it was opened and proven.

    Returns:
        When the backup was made, ISO 8601.

    Raises:
        UnreadableInput: if the parcel does not open.
        GalleryError: if people are enrolled here and `replace` is not set.
        EdgeGateError: if something in it is not whole.
    """
    state = Path(settings.store.state)
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    if (state / GALLERY).exists() and not replace:
        with closing(wiring.gallery(settings)) as gallery:
            people = len(gallery.subjects())
        if people:
            raise GalleryError(
                f"{people} people are enrolled at {state} already",
                "Add --replace to put the backup in their place",
            )
    with _beside(state) as folder:
        made = _unpack(parcel, secret, folder)
        _prove(folder)
        _put(settings, config, folder)
    with ledger(settings) as book:
        book.note(BackupRestored(made))
    return made


def _unpack(parcel: Path, secret: str | Key, folder: Path) -> str:
    made = 0.0
    try:
        with parcel.open("rb") as file:
            sealed = SealedReader(file, secret)
            with tarfile.open(mode="r|", fileobj=cast("IO[bytes]", sealed)) as archive:
                for about in archive:
                    content = archive.extractfile(about)
                    if about.name not in NAMES or content is None:
                        raise UnreadableInput(f"{parcel} holds {about.name!r}, which no backup has")
                    write_private(folder / about.name)
                    with (folder / about.name).open("wb") as out:
                        shutil.copyfileobj(content, out)
                    made = max(made, about.mtime)
            sealed.exhaust()
    except (OSError, tarfile.TarError) as error:
        raise UnreadableInput(f"{parcel} cannot be read: {error}", "Try another copy of the file") from error
    if missing := {GALLERY, KEY, JOURNAL, RULES} - {path.name for path in folder.iterdir()}:
        raise UnreadableInput(f"{parcel} lacks {', '.join(sorted(missing))}")
    return datetime.fromtimestamp(made, UTC).isoformat(timespec="seconds")


def _prove(folder: Path) -> None:
    with closing(EncryptedGallery(folder / GALLERY, KeyFile(folder / KEY))) as gallery:
        gallery.roster()
    with closing(Journal(folder / JOURNAL)) as journal:
        journal.verify()


def _put(settings: Settings, config: Path, folder: Path) -> None:
    state = Path(settings.store.state)
    comes_along = (folder / CONFIG).exists() and not config.exists()
    # Where the configuration that will hold from now on looks for it.
    key = (load(folder / CONFIG) if comes_along else settings).store.key
    places: Mapping[str, Path] = {
        # The key first: a gallery without its key is worth nothing, a key without its gallery does no harm.
        KEY: Path(key) if key else state / KEY,
        CARDS: state / CARDS,
        RULES: state / RULES,
        JOURNAL: state / JOURNAL,
        GALLERY: state / GALLERY,
    }
    for name, place in places.items():
        if (folder / name).exists():
            for old in (place.with_name(f"{name}{end}") for end in ("-wal", "-shm", "-journal")):
                old.unlink(missing_ok=True)
            replace_private(folder / name, place)
    if comes_along:
        write(config, (folder / CONFIG).read_text())


@contextmanager
def _beside(state: Path) -> Iterator[Path]:
    try:
        folder = Path(tempfile.mkdtemp(prefix=".backup-", dir=state))
    except OSError as error:
        raise StorageFull(f"There is no room to work in {state} ({error.strerror})") from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _writing(out: Path) -> Iterator[IO[bytes]]:
    try:
        write_private(out)
    except OSError as error:
        raise UnreadableInput(
            f"{out} cannot be made ({error.strerror})", "Name a file that is not there yet"
        ) from error
    try:
        with out.open("wb") as file:
            yield file
    except (OSError, EdgeGateError) as error:
        out.unlink(missing_ok=True)
        if isinstance(error, EdgeGateError):
            raise
        raise StorageFull(f"{out} cannot be written ({error.strerror})") from error
