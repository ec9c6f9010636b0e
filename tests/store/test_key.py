"""The key of the gallery: where it lies, and which files are refused as keys."""

from pathlib import Path

import pytest
from rich.pretty import pretty_repr

from edge_gate.errors import KeyFileError
from edge_gate.store.key import KEY_BYTES, KeyFile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "gallery.key"


def put(path: Path, secret: bytes, mode: int = 0o600) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(secret)
    path.chmod(mode)


def test_a_made_key_is_32_bytes_that_only_its_owner_reads(path: Path) -> None:
    made = KeyFile(path).find_or_make()

    assert path.read_bytes() == made.secret
    assert len(made.secret) == KEY_BYTES
    assert path.stat().st_mode & 0o777 == 0o600
    assert sorted(file.name for file in path.parent.iterdir()) == ["gallery.key"]


def test_a_key_that_is_there_is_never_replaced(path: Path) -> None:
    first = KeyFile(path).find_or_make()

    assert KeyFile(path).find_or_make() == first


def test_a_key_shows_neither_itself_nor_its_beginning(path: Path) -> None:
    key = KeyFile(path).find_or_make()

    for told in (repr(key), str(key), key.id, pretty_repr(key)):
        assert key.secret.hex()[:8] not in told
        assert repr(key.secret)[2:10] not in told


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610, 0o601])
def test_a_key_that_others_can_reach_is_refused(path: Path, mode: int) -> None:
    put(path, bytes(KEY_BYTES), mode)

    with pytest.raises(KeyFileError, match=f"{mode:04o}.*other users") as refusal:
        KeyFile(path).find_or_make()
    assert f"chmod 600 {path}" in str(refusal.value)


@pytest.mark.parametrize("length", [0, 1, 31, 33, 64])
def test_a_file_of_another_length_is_not_a_key(path: Path, length: int) -> None:
    put(path, bytes(length))

    with pytest.raises(KeyFileError, match="not a key of 32 bytes"):
        KeyFile(path).find_or_make()


def test_a_missing_key_is_named(path: Path) -> None:
    with pytest.raises(KeyFileError, match=f"{path} is missing"):
        KeyFile(path).find("0" * 16)


def test_another_gallerys_key_is_refused(path: Path) -> None:
    KeyFile(path).find_or_make()

    with pytest.raises(KeyFileError, match="not the key"):
        KeyFile(path).find("0" * 16)


def test_no_key_is_made_where_there_is_no_directory(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="No key can be written"):
        KeyFile(tmp_path / "nowhere" / "gallery.key").find_or_make()


def test_systemds_credential_goes_before_the_file(path: Path, tmp_path: Path) -> None:
    put(path, b"f" * KEY_BYTES)
    put(tmp_path / "credentials" / "gallery.key", b"c" * KEY_BYTES)

    located = KeyFile.located(path, {"CREDENTIALS_DIRECTORY": str(tmp_path / "credentials")})

    assert located.find_or_make().secret == b"c" * KEY_BYTES


def test_without_such_a_credential_the_file_is_the_key(path: Path, tmp_path: Path) -> None:
    put(path, b"f" * KEY_BYTES)

    assert KeyFile.located(path, {}).find_or_make().secret == b"f" * KEY_BYTES
    elsewhere = {"CREDENTIALS_DIRECTORY": str(tmp_path / "credentials")}
    assert KeyFile.located(path, elsewhere).find_or_make().secret == b"f" * KEY_BYTES


def test_a_credential_shows_its_access_list_as_group_bits_and_is_accepted(path: Path) -> None:
    put(path, b"c" * KEY_BYTES, 0o440)

    assert KeyFile(path, credential=True).find_or_make().secret == b"c" * KEY_BYTES


def test_a_credential_that_everybody_reads_is_refused(path: Path) -> None:
    put(path, b"c" * KEY_BYTES, 0o444)

    with pytest.raises(KeyFileError, match="other users"):
        KeyFile(path, credential=True).find_or_make()


def test_a_credential_is_not_ours_to_replace(path: Path) -> None:
    put(path, b"c" * KEY_BYTES, 0o400)

    with pytest.raises(KeyFileError, match="only systemd replaces"):
        KeyFile(path, credential=True).propose()
    assert sorted(file.name for file in path.parent.iterdir()) == ["gallery.key"]
