"""The whole site in one encrypted file: carried to another board, and of no use to whoever finds it."""

import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from technician import Said, Site

from edge_gate.config import load
from edge_gate.errors import UnreadableInput
from edge_gate.service.control import ControlServer
from edge_gate.service.loops import Inbox
from edge_gate.simulated.portrait import portrait
from edge_gate.store.parcel import PIECE, SealedReader, SealedWriter

PASSPHRASE = "seven brown mice under one table"


@pytest.fixture
def backup(site: Site) -> Path:
    """A site of ada's, in a file."""
    site.run("enrol", "ada", "--images", str(site.picture("ada.png", portrait("ada"))))
    site.run("people", "set", "ada")
    site.run("people", "card", "ada", "w26:17:4711")
    (site.folder / "secret").write_text(PASSPHRASE + "\n")
    said = with_secret(site, "backup", str(site.folder / "site.backup"))
    assert said.code == 0, said.err
    return site.folder / "site.backup"


def with_secret(site: Site, *words: str) -> Said:
    return site.run(*words, "--passphrase-file", str(site.folder / "secret"))


@pytest.fixture
def other_board(site: Site, backup: Path) -> Site:
    """The same shell before a board on which nothing is yet."""
    assert backup.exists()
    site.state.rename(site.folder / "old board")
    return site


def test_another_board_knows_everybody_their_cards_and_their_history(other_board: Site, backup: Path) -> None:
    said = with_secret(other_board, "restore", str(backup))

    assert said.code == 0, said.err
    assert '"subject":"ada"' in other_board.run("gallery", "list", "--json").out
    assert '"cards":1' in other_board.run("people", "list", "--json").out
    history = other_board.run("journal", "tail").out
    assert history.index("subject_enrolled") < history.index("backup_made") < history.index("backup_restored")
    assert other_board.run("journal", "verify").code == 0
    assert other_board.run("gallery", "rekey").code == 0


def test_the_configuration_comes_along_where_there_is_none(other_board: Site, backup: Path) -> None:
    before = other_board.config.read_text()
    assert with_secret(other_board, "restore", str(backup)).code == 0
    assert other_board.config.read_text() == before

    other_board.config.unlink()
    assert with_secret(other_board, "restore", str(backup), "--replace").code == 0
    assert other_board.config.read_text() == before


def test_the_key_goes_where_the_configuration_that_came_along_looks_for_it(site: Site) -> None:
    key = site.folder / "gallery.key"
    site.config.write_text(f'{site.config.read_text()}[store]\nkey = "{key}"\n')
    site.run("enrol", "ada", "--images", str(site.picture("ada.png", portrait("ada"))))
    (site.folder / "secret").write_text(PASSPHRASE)
    assert with_secret(site, "backup", str(site.folder / "site.backup")).code == 0
    site.state.rename(site.folder / "old board")
    site.config.unlink()
    key.write_bytes(bytes(32))  # as the installer makes one for every board

    assert with_secret(site, "restore", str(site.folder / "site.backup")).code == 0
    assert "ada" in site.run("gallery", "list").out
    assert not (site.state / "gallery.key").exists()


def test_restored_files_are_private(other_board: Site, backup: Path) -> None:
    with_secret(other_board, "restore", str(backup))

    modes = {path.name: path.stat().st_mode & 0o777 for path in other_board.state.iterdir()}
    assert {"gallery.sqlite", "gallery.key", "journal.sqlite", "rules.sqlite", "cards.key"} <= modes.keys()
    assert {mode for name, mode in modes.items() if not name.endswith(("-wal", "-shm"))} == {0o600}


def test_the_file_shows_nothing(site: Site, backup: Path) -> None:
    content = backup.read_bytes()

    assert (site.state / "gallery.key").read_bytes() not in content
    assert b"gallery.sqlite" not in content
    assert b"subject_enrolled" not in content
    assert b"SQLite" not in content
    assert backup.stat().st_mode & 0o777 == 0o600


def flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (flipped, "does not open"),
        (lambda content: content[:-1], "does not open"),
        (lambda content: content[:36], "lacks|cannot be read"),
        (lambda _: b"", "not a backup"),
        (lambda content: content + bytes(30), "does not open"),
    ],
    ids=["flipped", "cut", "header only", "empty", "lengthened"],
)
def test_a_damaged_file_changes_nothing(
    other_board: Site, backup: Path, damage: Callable[[bytes], bytes], told: str
) -> None:
    backup.write_bytes(damage(backup.read_bytes()))

    said = with_secret(other_board, "restore", str(backup))

    assert said.code == 13
    assert any(words in said.err for words in told.split("|")), said.err
    assert not (other_board.state / "gallery.sqlite").exists()
    assert list(other_board.state.iterdir()) == []


def test_another_passphrase_opens_nothing(other_board: Site, backup: Path) -> None:
    (other_board.folder / "secret").write_text("seven brown mice on one table\n")

    assert with_secret(other_board, "restore", str(backup)).code == 13


def test_a_short_passphrase_is_refused(site: Site) -> None:
    (site.folder / "secret").write_text("mice\n")

    said = with_secret(site, "backup", str(site.folder / "site.backup"))

    assert said.code == 2
    assert not (site.folder / "site.backup").exists()


def test_a_key_file_serves_instead_of_a_passphrase(site: Site, tmp_path: Path) -> None:
    site.run("enrol", "ada", "--images", str(site.picture("ada.png", portrait("ada"))))
    key = tmp_path / "backup.key"
    key.touch(0o600)
    key.write_bytes(bytes(range(32)))
    out = str(tmp_path / "site.backup")

    assert site.run("backup", out, "--key-file", str(key)).code == 0
    site.state.rename(tmp_path / "old board")
    assert site.run("restore", out, "--key-file", str(key)).code == 0
    assert "ada" in site.run("gallery", "list").out


def test_people_enrolled_since_are_not_replaced_unless_asked(site: Site, backup: Path) -> None:
    site.run("enrol", "bela", "--images", str(site.picture("bela.png", portrait("bela"))))

    assert with_secret(site, "restore", str(backup)).code == 8
    assert "bela" in site.run("gallery", "list").out

    assert with_secret(site, "restore", str(backup), "--replace").code == 0
    assert "bela" not in site.run("gallery", "list").out


def test_nothing_is_restored_under_a_running_service(site: Site, backup: Path) -> None:
    settings = load(site.config)
    assert settings
    daemon = ControlServer(site.state / "control.sock", "", Inbox(), dict)
    daemon.start()
    try:
        said = with_secret(site, "restore", str(backup), "--replace")
    finally:
        daemon.close()

    assert said.code == 3
    assert "systemctl stop" in said.err


def test_a_file_that_is_there_is_not_overwritten(site: Site, backup: Path) -> None:
    before = backup.read_bytes()

    assert with_secret(site, "backup", str(backup)).code == 13
    assert backup.read_bytes() == before


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 5])
def test_a_parcel_gives_back_what_was_put_in_whatever_its_size(tmp_path: Path, size: int) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    with (tmp_path / "parcel").open("wb") as out:
        writer = SealedWriter(out, PASSPHRASE)
        writer.write(content[: size // 2])
        writer.write(content[size // 2 : size])
        writer.finish()

    with (tmp_path / "parcel").open("rb") as file:
        assert SealedReader(file, PASSPHRASE).read(size + 1) == content[:size]


def test_a_parcel_that_ends_after_a_whole_piece_is_not_whole(tmp_path: Path) -> None:
    parcel = tmp_path / "parcel"
    with parcel.open("wb") as out:
        writer = SealedWriter(out, PASSPHRASE)
        writer.write(bytes(PIECE + 1))
        writer.finish()
    parcel.write_bytes(parcel.read_bytes()[: -(4 + 1 + 16)])

    with parcel.open("rb") as file, pytest.raises(UnreadableInput, match="damaged"):
        SealedReader(file, PASSPHRASE).read(PIECE + 1)


def test_a_backup_of_a_journal_that_was_tampered_with_replaces_nothing(site: Site, backup: Path) -> None:
    backup.unlink()
    with closing(sqlite3.connect(site.state / "journal.sqlite")) as journal:
        journal.executescript("DROP TRIGGER record_is_not_edited; UPDATE record SET utc = 'x' WHERE seq = 1")
    assert with_secret(site, "backup", str(backup)).code == 0
    before = {path.name: path.read_bytes() for path in site.state.iterdir() if path.suffix == ".sqlite"}

    assert with_secret(site, "restore", str(backup), "--replace").code == 9
    assert {
        path.name: path.read_bytes() for path in site.state.iterdir() if path.suffix == ".sqlite"
    } == before


@pytest.mark.usefixtures("backup")
def test_in_a_folder_backups_are_named_after_the_time_and_the_oldest_go(site: Site) -> None:
    folder = site.folder / "stick"
    folder.mkdir()
    for old in ("door-20260101T000000Z.backup", "door-20260108T000000Z.backup", "holiday.jpg"):
        (folder / old).write_bytes(b"old")

    said = with_secret(site, "backup", "--keep", "2", str(folder))

    assert said.code == 0, said.err
    left = sorted(path.name for path in folder.iterdir())
    assert left[0] == "door-20260108T000000Z.backup"
    assert re.fullmatch(r"door-\d{8}T\d{6}Z\.backup", left[1])
    assert left[2:] == ["holiday.jpg"]
    assert with_secret(site, "restore", "--replace", str(folder / left[1])).code == 0


@pytest.mark.usefixtures("backup")
def test_a_backup_that_fails_removes_no_older_one(site: Site) -> None:
    folder = site.folder / "stick"
    folder.mkdir()
    (folder / "door-20260101T000000Z.backup").write_bytes(b"old")
    (site.state / "gallery.key").unlink()

    assert with_secret(site, "backup", "--keep", "1", str(folder)).code == 7

    assert [path.name for path in folder.iterdir()] == ["door-20260101T000000Z.backup"]


@pytest.mark.usefixtures("backup")
def test_how_many_to_keep_is_asked_of_a_folder_alone(site: Site) -> None:
    assert with_secret(site, "backup", "--keep", "2", str(site.folder / "another.backup")).code == 2


@pytest.mark.usefixtures("backup")
def test_the_timer_seals_with_the_key_that_systemd_hands_over(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = site.state / "gallery.key"
    credentials = site.folder / "credentials"
    credentials.mkdir()
    shutil.copy(key, credentials)
    (credentials / "gallery.key").chmod(0o440)  # as the service's user sees it, through an access list
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))

    handed = str(credentials / "gallery.key")
    said = site.run("backup", "--key-file", handed, str(site.folder / "timed.backup"))

    assert said.code == 0, said.err
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    restored = site.run("restore", "--replace", "--key-file", str(key), str(site.folder / "timed.backup"))
    assert restored.code == 0, restored.err
