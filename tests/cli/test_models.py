"""`edge-gate models`: a technician looks at, proves and chooses what the door sees with."""

import json
from pathlib import Path

import pytest
from technician import Site

from edge_gate.simulated.portrait import portrait
from edge_gate.store.tuning import Choice, Tuning, write_tuning


def test_every_pack_is_listed_with_what_is_missing(site: Site) -> None:
    packs = {
        told["pack"]: told for told in map(json.loads, site.run("models", "list", "--json").out.splitlines())
    }
    assert packs["builtin"]["in_use"] is True
    assert packs["builtin"]["missing"] == []
    assert "face_recognition_sface_2021dec_int8.onnx" in packs["opencv-zoo"]["missing"]


def test_a_pack_is_shown_with_its_licences_and_training_data(site: Site) -> None:
    said = site.run("models", "show", "mobilefacenet")
    assert "withdrawn by its publisher" in said.out
    assert "Apache-2.0" in said.out


def test_the_builtin_pack_still_computes_what_it_did_and_tells_the_cast_apart(site: Site) -> None:
    findings = [json.loads(line) for line in site.run("models", "verify", "--json").out.splitlines()]
    assert all(found["held"] for found in findings)
    assert {found["check"] for found in findings} == {"sha256", "golden", "same/different"}


def test_on_a_door_that_was_tuned_the_networks_that_it_runs_are_proven(site: Site) -> None:
    detector = Choice(model="edge-gate-detector-int8-litert", threads=1, side=256)
    embedder = Choice(model="edge-gate-embedder-int8-litert", threads=1)
    site.state.mkdir()
    write_tuning(site.state, Tuning(pack="builtin", board="this", detector=detector, embedder=embedder))
    findings = [json.loads(line) for line in site.run("models", "verify", "--json").out.splitlines()]
    assert all(found["held"] for found in findings)
    proven = [found["file"] for found in findings if found["check"] == "golden"]
    assert proven == ["detector_int8.tflite", "embedder_int8.tflite"]


def test_a_pack_of_liveness_alone_is_proven_too(site: Site, shared: Path) -> None:
    site.run("models", "pull", "minifasnet", "--from", str(shared / "models"))
    findings = [
        json.loads(line) for line in site.run("models", "verify", "minifasnet", "--json").out.splitlines()
    ]
    assert [found["check"] for found in findings] == ["sha256", "golden"] * 2
    assert all("golden output" in found["said"] for found in findings if found["check"] == "golden")


def test_a_pack_without_calibration_opens_no_door(site: Site) -> None:
    site.config.write_text(site.config.read_text() + '[models]\npack = "opencv-zoo"\n')
    said = site.run("check")
    assert said.code == 3
    assert "nobody has measured what its scores mean" in said.err


def test_a_pack_of_liveness_alone_is_told_how_it_is_used(site: Site) -> None:
    site.config.write_text(site.config.read_text() + '[models]\npack = "minifasnet"\n')
    said = site.run("check")
    assert said.code == 4
    assert '[models] liveness = "minifasnet"' in said.err


def test_weights_come_from_a_stick_and_give_the_builtin_pack_liveness(site: Site, shared: Path) -> None:
    site.config.write_text('[models]\nliveness = "minifasnet"\n[door]\nhardware = "simulated"\n')
    assert site.run("check").code == 4
    assert site.run("models", "pull", "minifasnet", "--from", str(shared / "models")).code == 0
    said = site.run("check")
    assert said.code == 0
    assert "at least 0.7" in said.out


def test_a_file_whose_hash_the_manifest_does_not_know_is_not_imported(site: Site) -> None:
    other = site.folder / "yunet_n_dynamic.onnx"
    other.write_bytes(b"another network")
    said = site.run("models", "import", str(other))
    assert said.code in {4, 15}
    assert not (site.state / "models" / other.name).exists()


def test_a_file_the_manifest_does_not_name_is_not_imported(site: Site) -> None:
    said = site.run("models", "import", str(site.folder / "my.onnx"))
    assert said.code == 4
    assert "the manifest names no file my.onnx" in said.err


def test_a_choice_is_written_and_the_rest_of_the_configuration_kept(site: Site, shared: Path) -> None:
    site.config.write_text("# our door\n" + site.config.read_text())
    site.run("models", "pull", "mobilefacenet", "--from", str(shared / "models"))
    assert site.run("models", "use", "mobilefacenet").code == 0
    text = site.config.read_text()
    assert text.startswith("# our door\n")
    assert 'pack = "mobilefacenet"' in text
    assert site.run("check").code == 0


def test_a_choice_that_would_strand_the_enrolled_is_refused_and_counts_them(site: Site, shared: Path) -> None:
    site.run("enrol", "ada", "--images", str(site.picture("ada.png", portrait("ada"))))
    site.run("models", "pull", "mobilefacenet", "--from", str(shared / "models"))
    before = site.config.read_text()
    said = site.run("models", "use", "mobilefacenet")
    assert said.code == 4
    assert "1 people are enrolled for another embedder" in said.err
    assert site.config.read_text() == before


@pytest.mark.parametrize("verb", ["show", "pull", "use"])
def test_a_pack_that_does_not_exist_is_told_the_ones_that_do(site: Site, verb: str) -> None:
    said = site.run("models", verb, "best")
    assert said.code == 4
    assert "builtin, minifasnet, mobilefacenet, opencv-zoo" in said.err
