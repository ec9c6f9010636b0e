"""The gallery on the disk: who is in it, who can read it, and what a crash or an intruder leaves of it."""

import json
import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from damage import another_database, emptied, overwritten, truncated
from rich.pretty import pretty_repr

from edge_gate.errors import EnrolmentRefused, GalleryError, KeyFileError
from edge_gate.face.probe import Probe, unit
from edge_gate.store import sealed
from edge_gate.store.gallery import EncryptedGallery
from edge_gate.store.key import KeyFile

WIDTH = 128


def probe(seed: int, embedder: str = "builtin") -> Probe:
    return unit(np.random.default_rng(seed).standard_normal(WIDTH).astype(np.float32), embedder)


class House:
    """One state directory, opened as often as a test likes."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.path = state / "gallery.sqlite"
        self.keys = KeyFile(state / "gallery.key")
        self._open: list[EncryptedGallery] = []

    def gallery(self) -> EncryptedGallery:
        self._open.append(EncryptedGallery(self.path, self.keys))
        return self._open[-1]

    def leave(self) -> None:
        for gallery in self._open:
            gallery.close()
        self._open.clear()

    def edit(self, statement: str, *values: object) -> None:
        """Somebody with write access and a copy of SQLite."""
        db = sqlite3.connect(self.path, isolation_level=None)
        db.execute(statement, values)
        db.close()

    def sealed(self, subject: str) -> list[bytes]:
        db = sqlite3.connect(self.path)
        rows = db.execute("SELECT sealed FROM template WHERE subject = ?", (subject,)).fetchall()
        db.close()
        return [row[0] for row in rows]

    def files(self) -> list[str]:
        return sorted(file.name for file in self.state.iterdir())

    def holds(self, part: bytes) -> bool:
        return any(part in file.read_bytes() for file in self.state.iterdir())


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.leave()


# --- who is enrolled


def test_nobody_is_in_a_new_gallery(house: House) -> None:
    gallery = house.gallery()

    assert gallery.roster().subjects == ()
    assert gallery.roster().search(probe(1)) is None
    assert gallery.subjects() == {}


def test_an_enrolled_face_is_found_after_a_restart(house: House) -> None:
    house.gallery().enrol("ada", [probe(1), probe(2)])
    house.gallery().enrol("bob", [probe(3)])
    house.leave()

    gallery = house.gallery()

    assert gallery.subjects() == {"ada": 2, "bob": 1}
    found = gallery.roster().search(probe(2))
    assert found is not None
    assert found.subject == "ada"
    assert found.score == pytest.approx(1, abs=1e-6)
    assert gallery.roster().embedder == "builtin"


def test_a_second_enrolment_adds_views_of_the_same_subject(house: House) -> None:
    gallery = house.gallery()

    assert gallery.enrol("ada", [probe(1)]) == 1
    assert gallery.enrol("ada", [probe(2), probe(3)]) == 3
    assert gallery.roster().subjects == ("ada",)
    assert gallery.roster().matrix.shape == (3, WIDTH)


@pytest.mark.parametrize("name", ["", "  ", "ada\n", "\x1b[2Jada", "\ud800"])
def test_a_name_that_cannot_be_read_aloud_is_refused(house: House, name: str) -> None:
    gallery = house.gallery()

    with pytest.raises(EnrolmentRefused, match="not a name"):
        gallery.enrol(name, [probe(1)])
    assert gallery.subjects() == {}


def test_an_enrolment_without_a_template_is_refused(house: House) -> None:
    with pytest.raises(EnrolmentRefused, match="no template"):
        house.gallery().enrol("ada", [])


def test_another_packs_templates_are_refused_and_the_gallery_stays_as_it_was(house: House) -> None:
    gallery = house.gallery()
    gallery.enrol("ada", [probe(1)])

    with pytest.raises(GalleryError, match="holds templates of embedder builtin, not of mobilefacenet"):
        gallery.enrol("bob", [probe(2, "mobilefacenet")])
    with pytest.raises(GalleryError, match="not of builtin, mobilefacenet"):
        gallery.enrol("bob", [probe(2), probe(3, "mobilefacenet")])
    assert gallery.subjects() == {"ada": 1}


def test_after_everybody_is_removed_another_pack_may_begin(house: House) -> None:
    gallery = house.gallery()
    gallery.enrol("ada", [probe(1)])
    gallery.remove("ada")

    gallery.enrol("ada", [probe(1, "mobilefacenet")])

    assert gallery.roster().embedder == "mobilefacenet"


# --- what another process does


def test_the_roster_is_the_same_object_until_the_gallery_changes(house: House) -> None:
    gallery = house.gallery()
    gallery.enrol("ada", [probe(1)])

    before = gallery.roster()
    assert gallery.roster() is before

    gallery.enrol("bob", [probe(2)])
    assert gallery.roster() is not before
    assert before.subjects == ("ada",)


def test_what_another_process_changes_is_seen_at_the_next_look(house: House) -> None:
    daemon, technician = house.gallery(), house.gallery()
    before = daemon.roster()

    technician.enrol("ada", [probe(1)])
    enrolled = daemon.roster()
    assert before.subjects == ()
    assert enrolled.subjects == ("ada",)
    assert daemon.roster() is enrolled

    technician.remove("ada")
    assert daemon.roster().subjects == ()


def test_a_daemon_goes_on_reading_when_somebody_re_keys(house: House) -> None:
    daemon, technician = house.gallery(), house.gallery()
    technician.enrol("ada", [probe(1)])
    assert daemon.roster().subjects == ("ada",)

    technician.rekey()

    assert daemon.roster().subjects == ("ada",)
    daemon.enrol("bob", [probe(2)])
    assert technician.roster().subjects == ("ada", "bob")


def test_while_another_process_is_committing_the_roster_stands(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_gate.store.database.BUSY_MS", 1)
    gallery = house.gallery()
    gallery.enrol("ada", [probe(1)])
    before = gallery.roster()
    late = house.gallery()
    other = sqlite3.connect(house.path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")

    assert gallery.roster() is before
    with pytest.raises(GalleryError, match="Another program is writing"):
        late.roster()
    with pytest.raises(GalleryError, match="Another program is writing"):
        gallery.enrol("bob", [probe(2)])

    other.execute("COMMIT")
    other.close()
    assert late.roster().subjects == ("ada",)


# --- who can read it


def test_only_the_owner_can_open_the_files(house: House) -> None:
    house.gallery().enrol("ada", [probe(1)])

    assert {file.name: file.stat().st_mode & 0o777 for file in house.state.iterdir()} == {
        "gallery.sqlite": 0o600,
        "gallery.key": 0o600,
    }


def test_no_part_of_a_vector_is_in_the_files(house: House) -> None:
    house.gallery().enrol("ada", [probe(1)])

    plain = probe(1).vector.tobytes()
    assert not any(house.holds(plain[at : at + 8]) for at in range(0, len(plain) - 8, 4))


def test_the_same_face_enrolled_twice_is_not_to_be_recognised_on_the_disk(house: House) -> None:
    house.gallery().enrol("ada", [probe(1), probe(1)])

    first, second = house.sealed("ada")
    assert first[:8] != second[:8]


def test_a_gallery_whose_key_is_gone_is_not_opened_and_no_new_key_is_made(house: House) -> None:
    house.gallery().enrol("ada", [probe(1)])
    house.leave()
    (house.state / "gallery.key").unlink()

    with pytest.raises(KeyFileError, match="missing"):
        house.gallery()
    assert house.files() == ["gallery.sqlite"]


def test_a_gallery_is_not_opened_with_another_gallerys_key(house: House) -> None:
    house.gallery().enrol("ada", [probe(1)])
    house.leave()
    (house.state / "gallery.key").unlink()
    house.keys.find_or_make()

    with pytest.raises(KeyFileError, match="not the key"):
        house.gallery()


# --- an intruder with a copy of SQLite


@pytest.mark.parametrize(
    "forgery",
    [
        "UPDATE template SET subject = 'mallory' WHERE subject = 'ada'",
        "UPDATE template SET embedder = 'other'",
        "UPDATE template SET id = id + 1 WHERE subject = 'ada'",
        "UPDATE template SET sealed = (SELECT sealed FROM template WHERE subject = 'bob')",
        "UPDATE template SET (nonce, sealed) = (SELECT nonce, sealed FROM template WHERE subject = 'bob')",
        "INSERT INTO template SELECT id + 1, 'mallory', embedder, nonce, sealed FROM template LIMIT 1",
        "INSERT INTO template SELECT id + 1, subject, embedder, nonce, sealed FROM template LIMIT 1",
        "UPDATE template SET nonce = x'00'",
        "UPDATE template SET sealed = x''",
    ],
)
def test_a_row_that_was_tampered_with_closes_the_whole_gallery(house: House, forgery: str) -> None:
    house.gallery().enrol("ada", [probe(1)])
    house.gallery().enrol("bob", [probe(2)])
    gallery = house.gallery()
    assert len(gallery.roster().subjects) == 2

    house.edit(forgery)

    with pytest.raises(GalleryError, match="altered"):
        gallery.roster()
    with pytest.raises(GalleryError, match="altered"):
        house.gallery().roster()


def test_an_error_about_a_template_does_not_show_it(house: House) -> None:
    house.gallery().enrol("ada", [probe(1)])
    sealed = house.sealed("ada")[0]
    house.edit("UPDATE template SET subject = 'mallory'")

    with pytest.raises(GalleryError) as refusal:
        house.gallery().roster()
    told: BaseException | None = refusal.value
    while told is not None:
        assert repr(sealed)[2:12] not in repr(told)
        assert sealed.hex()[:8] not in repr(told)
        told = told.__cause__
    gallery = EncryptedGallery(house.state / "other.sqlite", house.keys)
    gallery.enrol("ada", [probe(1)])
    for shown in (repr, pretty_repr):
        for kept in (probe(1), gallery.roster()):
            assert str(probe(1).vector[0])[:6] not in shown(kept)
            assert "array" not in shown(kept)
    gallery.close()


# --- damaged files


def scratched(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(8192)
        file.write(b"\xa5" * 4096)


@pytest.mark.parametrize("damage", [truncated, emptied, overwritten, scratched, another_database])
def test_a_damaged_gallery_is_refused_and_left_as_it_is(house: House, damage: Callable[[Path], None]) -> None:
    house.gallery().enrol("ada", [probe(seed) for seed in range(20)])
    house.leave()
    damage(house.path)
    found = house.path.read_bytes()

    with pytest.raises(GalleryError, match=str(house.path)) as refusal:
        house.gallery().roster()

    assert refusal.value.exit_code == 8
    assert house.path.read_bytes() == found


def test_a_gallery_in_a_directory_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    KeyFile(tmp_path / "gallery.key").find_or_make()

    with pytest.raises(GalleryError, match="No such file"):
        EncryptedGallery(tmp_path / "nowhere" / "gallery.sqlite", KeyFile(tmp_path / "gallery.key"))


# --- erasure


def test_nothing_of_a_removed_subject_is_left_in_any_file(house: House) -> None:
    """Many subjects come and go, so that SQLite moves rows between pages and could leave copies."""
    gallery = house.gallery()
    whim = random.Random(7)
    enrolled: dict[str, list[bytes]] = {}
    for turn in range(120):
        if enrolled and whim.random() < 0.45:
            leaver = whim.choice(sorted(enrolled))
            assert gallery.remove(leaver) == len(enrolled[leaver])
            for sealed in enrolled.pop(leaver):
                assert not any(house.holds(sealed[at : at + 16]) for at in range(0, len(sealed) - 16, 16))
            assert not house.holds(leaver.encode())
        else:
            name = f"subject-{turn:04d}"
            gallery.enrol(name, [probe(turn)] * whim.choice([1, 2, 5]))
            enrolled[name] = house.sealed(name)
            assert all(house.holds(sealed) for sealed in enrolled[name])
    assert gallery.subjects() == {name: len(rows) for name, rows in enrolled.items()}


def test_removing_one_subject_leaves_the_others(house: House) -> None:
    gallery = house.gallery()
    gallery.enrol("ada", [probe(1)])
    gallery.enrol("bob", [probe(2)])

    gallery.remove("ada")

    assert gallery.roster().subjects == ("bob",)


def test_removing_a_stranger_is_an_error_that_says_where_the_names_are(house: House) -> None:
    with pytest.raises(GalleryError, match=r"Nobody named 'eve'.*gallery list"):
        house.gallery().remove("eve")


# --- re-keying


def test_merged_templates_are_found_under_the_name_that_stays_and_the_old_rows_are_gone(house: House) -> None:
    gallery = house.gallery()
    gallery.enrol("ada", [probe(1)])
    gallery.enrol("twin", [probe(2), probe(3)])
    (old, _) = house.sealed("twin")

    assert gallery.merge("ada", "twin") == 3

    assert gallery.subjects() == {"ada": 3}
    found = house.gallery().roster().search(probe(2))
    assert found
    assert (found.subject, round(found.score, 3)) == ("ada", 1.0)
    house.leave()
    assert not house.holds(old)


@pytest.mark.parametrize("names", [("ada", "eve"), ("eve", "ada")])
def test_nobody_is_merged_with_a_stranger(house: House, names: tuple[str, str]) -> None:
    gallery = house.gallery()
    gallery.enrol("ada", [probe(1)])
    with pytest.raises(GalleryError, match="'eve' is enrolled"):
        gallery.merge(*names)
    assert gallery.subjects() == {"ada": 1}


def test_after_re_keying_the_old_key_opens_nothing_and_old_bytes_are_gone(house: House) -> None:
    gallery = house.gallery()
    gallery.enrol("ada", [probe(1), probe(2)])
    old_key, old_rows = (house.state / "gallery.key").read_bytes(), house.sealed("ada")

    assert gallery.rekey() == 2

    assert house.files() == ["gallery.key", "gallery.sqlite"]
    assert not house.holds(old_key)
    assert not any(house.holds(row[:16]) for row in old_rows)
    assert gallery.roster().subjects == house.gallery().roster().subjects == ("ada",)
    house.leave()
    (house.state / "gallery.key").write_bytes(old_key)
    with pytest.raises(KeyFileError, match="not the key"):
        house.gallery()


def test_a_re_keying_cut_short_before_its_commit_has_not_happened(house: House) -> None:
    house.gallery().enrol("ada", [probe(1)])
    house.keys.propose()
    house.leave()

    assert house.gallery().roster().subjects == ("ada",)
    house.gallery().rekey()
    assert house.files() == ["gallery.key", "gallery.sqlite"]


def cut_short_after_its_commit(house: House) -> None:
    """A re-keying killed between its commit and the exchange of the key files."""
    key = house.state / "gallery.key"
    old = key.read_bytes()
    house.gallery().rekey()
    house.leave()
    key.rename(house.state / "gallery.key.next")
    key.write_bytes(old)
    key.chmod(0o600)


def test_a_re_keying_cut_short_after_its_commit_has_happened(house: House) -> None:
    house.gallery().enrol("ada", [probe(1)])
    cut_short_after_its_commit(house)

    assert house.gallery().roster().subjects == ("ada",)
    house.gallery().rekey()
    assert house.gallery().roster().subjects == ("ada",)
    assert house.files() == ["gallery.key", "gallery.sqlite"]


def test_a_re_keying_cut_short_is_not_made_worse_by_another_that_fails(house: House) -> None:
    house.gallery().enrol("ada", [probe(1)])
    cut_short_after_its_commit(house)
    (sealed,) = house.sealed("ada")
    house.edit("UPDATE template SET sealed = zeroblob(1)")

    with pytest.raises(GalleryError, match="altered"):
        house.gallery().rekey()

    house.leave()
    house.edit("UPDATE template SET sealed = ?", sealed)
    assert house.gallery().roster().subjects == ("ada",)


def test_a_damaged_template_stops_a_re_keying_before_anything_is_changed(house: House) -> None:
    gallery = house.gallery()
    gallery.enrol("ada", [probe(1)])
    gallery.enrol("bob", [probe(2)])
    house.edit("UPDATE template SET nonce = zeroblob(12) WHERE subject = 'bob'")
    before, key = house.sealed("ada"), (house.state / "gallery.key").read_bytes()

    with pytest.raises(GalleryError, match="altered"):
        gallery.rekey()

    assert house.sealed("ada") == before
    assert (house.state / "gallery.key").read_bytes() == key


# --- kill -9


WRITER = """
import secrets, sys
from pathlib import Path
import numpy as np
from edge_gate.face.probe import unit
from edge_gate.store import sealed
from edge_gate.store.gallery import EncryptedGallery
from edge_gate.store.key import KeyFile
state = Path(sys.argv[1])
gallery = EncryptedGallery(state / "gallery.sqlite", KeyFile(state / "gallery.key"))
while True:
    name = secrets.token_hex(4)
    probe = unit(np.frombuffer(secrets.token_bytes(128), dtype=np.int8).astype(np.float32), "builtin")
    gallery.enrol(name, [probe, probe])
    print("enrolled", name, flush=True)
    if len(gallery.subjects()) > 8:
        gallery.remove(leaver := min(gallery.subjects()))
        print("removed", leaver, flush=True)
    gallery.rekey()
    print("rekeyed", "-", flush=True)
"""


@pytest.mark.parametrize("rounds", [20, pytest.param(200, marks=pytest.mark.slow)])
def test_a_killed_technician_leaves_every_acknowledged_enrolment_and_no_half_one(
    house: House, rounds: int
) -> None:
    whim = random.Random(rounds)
    present: set[str] = set()
    rekeyed = 0
    for _ in range(rounds):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(house.state)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        first = writer.stdout.readline()
        with suppress(subprocess.TimeoutExpired):
            writer.wait(whim.uniform(0, 0.1))
        writer.kill()
        told = [first, *writer.stdout.readlines()]
        writer.stdout.close()
        writer.wait()
        for act, name in (line.split() for line in told if line.endswith("\n")):
            if act == "enrolled":
                present.add(name)
            elif act == "removed":
                present.discard(name)
            rekeyed += act == "rekeyed"

        gallery = house.gallery()
        subjects = gallery.subjects()
        assert gallery.roster().subjects == tuple(sorted(subjects))
        assert set(subjects.values()) == {2}
        # One act may have been committed and not yet told.
        assert len(present ^ set(subjects)) <= 1
        present = set(subjects)
        house.leave()
    assert rekeyed


@pytest.mark.parametrize("name", ["ada", 'Zo\u00eb "the door" O\\Neil', "\u540d\U0001f600", "a\tb"])
def test_what_a_template_is_bound_to_is_written_as_in_every_gallery_there_is(name: str) -> None:
    assert sealed._bound(7, name, "e" * 64) == json.dumps([7, name, "e" * 64]).encode()
