"""`edge-gate tune`: the fastest way on this board that sees as well."""

from pathlib import Path
from typing import Any

import pytest

from edge_gate.config import WAIVER, Settings, load
from edge_gate.errors import ModelError
from edge_gate.face.frame import Picture
from edge_gate.recognition.enrolment import enrollable
from edge_gate.service import tune as tuning_room
from edge_gate.service import wiring
from edge_gate.service.tune import Trial, tune
from edge_gate.simulated.portrait import portrait
from edge_gate.store.manifest import read_manifest
from edge_gate.store.tuning import Choice, Tuning, read_tuning, write_tuning


def choice(model: str = "m", threads: int = 1) -> Choice:
    return Choice(model=model, threads=threads)


def trial(
    cpu: float, wall: float | None = None, threads: int = 1, refused: str = "", model: str = "m"
) -> Trial[Any]:
    return Trial(choice(model, threads), object(), [cpu], [cpu if wall is None else wall], refused)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    state = tmp_path_factory.mktemp("board")
    camera = {"width": 640, "height": 480}
    return load(None, {"camera": camera, "liveness": {"waiver": WAIVER}, "store": {"state": str(state)}})


@pytest.fixture(scope="module")
def measured(settings: Settings) -> Tuning:
    shares: list[float] = []
    found = tune(settings, shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1
    return found


def test_what_is_chosen_is_of_the_pack_or_stands_in_for_it(measured: Tuning) -> None:
    manifest = read_manifest()
    pack = manifest.chosen("builtin")
    for chosen, own in ((measured.detector, pack.detector), (measured.embedder, pack.embedder)):
        assert own in (chosen.model, manifest.model[chosen.model].instead_of)


def test_every_way_is_told_with_its_figure_or_why_it_is_refused(measured: Tuning) -> None:
    assert len(measured.figures) >= 4
    for figure in measured.figures:
        assert figure.endswith(" ms") or ":" in figure


def test_the_door_runs_what_was_chosen_and_still_knows_ada(settings: Settings, measured: Tuning) -> None:
    write_tuning(Path(settings.store.state), measured)
    assert read_tuning(Path(settings.store.state), "builtin") == measured
    eyes = wiring.eyes(settings)
    one, other = (enrollable(Picture(portrait("ada", seed)), eyes, "ada").probe for seed in (0, 1))
    assert float(one.vector @ other.vector) > 0.7


def test_a_slower_int8_and_a_worse_one_are_refused() -> None:
    slower, faster, worse = trial(7.0), trial(5.0), trial(1.0, refused="misses a face")
    assert tuning_room._best([slower, faster, worse]) is faster


def test_threads_that_decide_much_sooner_for_little_more_work_are_taken() -> None:
    one = trial(10.0)
    two, four = trial(11.0, 6.0, threads=2), trial(11.5, 4.0, threads=4)
    assert tuning_room._best([one, two]) is two
    assert tuning_room._best([one, two, four]) is four


@pytest.mark.parametrize(
    "other",
    [
        trial(11.0, 7.0, threads=2),  # hardly sooner
        trial(12.5, 6.3, threads=2),  # sooner, and dearer
        trial(9.9, 9.8, threads=4),  # no more than what is measured differs by
    ],
)
def test_threads_that_only_warm_the_board_are_not(other: Trial[Any]) -> None:
    one = trial(10.0)
    assert tuning_room._best([one, other]) is one


@pytest.mark.parametrize(("litert_ms", "together"), [(0.6, True), (1.0, False)])
def test_a_second_library_is_loaded_only_where_it_saves_more_than_a_tenth(
    litert_ms: float, together: bool
) -> None:
    # Any two names of the manifest will do whose files are for the two engines.
    onnx, litert = "edge-gate-embedder-int8", "edge-gate-embedder-int8-litert"
    detectors = [trial(3.0, model=onnx), trial(2.0, model=litert)]
    embedders = [trial(0.5, model=onnx), trial(litert_ms, model=litert)]
    assert tuning_room._together(detectors, embedders) == (detectors[1], embedders[together])


def test_a_choice_for_another_pack_is_not_heeded(tmp_path: Path) -> None:
    write_tuning(tmp_path, Tuning(pack="other", board="b", detector=choice(), embedder=choice()))
    assert read_tuning(tmp_path, "builtin") is None


def test_a_choice_that_is_no_stand_in_is_refused(tmp_path: Path, settings: Settings) -> None:
    write_tuning(tmp_path, Tuning(pack="builtin", board="b", detector=choice("yunet-n"), embedder=choice()))
    there = load(None, {"liveness": {"waiver": WAIVER}, "store": {"state": str(tmp_path)}})
    assert there.models == settings.models
    with pytest.raises(ModelError, match="does not stand in") as refusal:
        wiring.eyes(there)
    assert "edge-gate tune" in refusal.value.next


@pytest.mark.parametrize("text", ["not toml", 'pack = "builtin"', "\xff"])
def test_a_damaged_choice_stops_the_door_and_says_what_to_do(tmp_path: Path, text: str) -> None:
    (tmp_path / "tuning.toml").write_text(text, encoding="latin-1")
    with pytest.raises(ModelError) as damage:
        read_tuning(tmp_path, "builtin")
    assert "edge-gate tune" in damage.value.next


def test_people_already_enrolled_keep_their_embedder(tmp_path: Path) -> None:
    there = load(None, {"liveness": {"waiver": WAIVER}, "store": {"state": str(tmp_path)}})
    assert wiring.enrolled_embedder(there) is None
    eyes = wiring.eyes(there)
    gallery = wiring.gallery(there)
    gallery.enrol("ada", [enrollable(Picture(portrait("ada")), eyes, "ada").probe])
    gallery.close()
    assert wiring.enrolled_embedder(there) == eyes.embedder.identity
