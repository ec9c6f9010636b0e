"""A dataset goes through the door's own street, and comes out as figures."""

import json
from pathlib import Path

import cv2
import pytest
from technician import Site

from edge_gate.simulated.portrait import portrait

NAMES = ("ada", "bela", "chidi", "dara", "elif", "farah", "goran", "hana", "ines", "jomo", "kaja", "lior")


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four pictures of each of the cast, and one that shows nobody."""
    folder = tmp_path_factory.mktemp("cast")
    for name in NAMES:
        (folder / name).mkdir()
        for seed in range(4):
            cv2.imwrite(str(folder / name / f"{name}_{seed:04}.png"), portrait(name, seed))
    cv2.imwrite(str(folder / "ada" / "ada_0004.png"), portrait("ada", 0) * 0)
    return folder


def test_every_figure_comes_from_one_command_and_twice_the_same(site: Site, cast: Path) -> None:
    words = ("evaluate", str(cast), "--json", "--ablate", "--seed", "3", "--cache", str(site.folder / "seen"))
    first = site.run(*words)
    again = site.run(*words)

    assert first.code == 0, first.err
    told = json.loads(first.out)
    assert told["verification"]["mated"] == 12 * 6
    assert told["verification"]["nonmated"] == (48 * 47 // 2) - 12 * 6
    assert told["failure_to_acquire"]["reasons"] == {"no_face": 1}
    assert told["verification"]["eer"]["value"] < 0.05
    assert {search["enrolled"] for search in told["identification"]} == {10}
    assert {arm["way"] for arm in told["ablation"]} == {"whole", "box", "aligned"}
    assert again.out == first.out


def test_what_was_seen_is_kept_for_the_user_alone_and_not_looked_at_again(site: Site, cast: Path) -> None:
    cache = site.folder / "seen"
    site.run("evaluate", str(cast), "--json", "--cache", str(cache))
    (kept,) = cache.iterdir()
    whole = kept.read_text()

    kept.write_text(whole[: len(whole) // 2])  # the run died in mid-line
    resumed = site.run("evaluate", str(cast), "--json", "--cache", str(cache))

    assert kept.stat().st_mode & 0o777 == 0o600
    assert resumed.code == 0
    assert sorted(kept.read_text().splitlines()) == sorted(whole.splitlines())


def test_the_page_stands_alone_and_shows_nobody_unless_asked(site: Site, cast: Path) -> None:
    page, shown = site.folder / "report.html", site.folder / "shown.html"
    cache = ("--cache", str(site.folder / "seen"))
    site.run("evaluate", str(cast), "--html", str(page), *cache)
    site.run("evaluate", str(cast), "--html", str(shown), "--pictures", *cache)

    text = page.read_text()
    assert "<svg" in text
    assert "Failure to acquire" in text
    assert "<img" not in text
    assert "http" not in text
    assert len(shown.read_text()) >= len(text)


def test_a_list_of_pairs_in_folds_is_scored_as_lfw_asks(site: Site, cast: Path) -> None:
    lines = ["3\t4"]
    for fold in range(3):
        names = NAMES[4 * fold : 4 * fold + 4]
        lines += [f"{name}\t1\t3" for name in names]
        lines += [f"{one}\t1\t{two}\t2" for one, two in zip(names, names[1:] + names[:1], strict=True)]
    pairs = site.folder / "pairs.txt"
    pairs.write_text("\n".join(lines))

    told = json.loads(site.run("evaluate", str(cast), "--json", "--pairs", str(pairs)).out)

    assert told["pairs"]["pairs"] == 24
    assert told["pairs"]["folds"] == 3
    assert told["pairs"]["accuracy"] > 0.9
    assert told["pairs"]["accuracy_std"] >= 0


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("index.csv", "image,subject,role\na.png,ada,friend\n", "role 'friend'"),
        ("index.csv", "picture\na.png\n", "image None"),
        ("note.txt", "", "holds no dataset"),
    ],
)
def test_a_folder_that_is_no_dataset_is_refused(site: Site, name: str, content: str, said: str) -> None:
    folder = site.folder / "data"
    folder.mkdir()
    (folder / name).write_text(content)

    refused = site.run("evaluate", str(folder))

    assert refused.code == 13
    assert said in refused.err


def test_attacks_are_counted_by_species(site: Site, cast: Path) -> None:
    rows = ["image,subject,role,species"]
    for name in NAMES:
        rows += [f"{name}/{name}_0000.png,{name},enrol,", f"{name}/{name}_0001.png,{name},probe,"]
        rows += [f"{name}/{name}_0002.png,{name},attack,print"]
    (cast / "index.csv").write_text("\n".join(rows))
    try:
        told = json.loads(site.run("evaluate", str(cast), "--json").out)
    finally:
        (cast / "index.csv").unlink()

    species = told["presentation_attacks"]["species"]["print"]
    assert species["apcer"] is None  # the builtin pack has no liveness model
    assert species["iapar"]["tries"] == 12
    assert species["iapar"]["errors"] >= 8  # so a good picture of a face opens


def test_a_pack_is_calibrated_into_a_record_that_the_manifest_can_name(site: Site, cast: Path) -> None:
    record = site.folder / "builtin.json"

    said = site.run("calibrate", str(cast), "--out", str(record))

    assert said.code == 0, said.err
    assert "[pack.builtin] calibration" in said.out
    told = json.loads(record.read_text())
    assert told["people"] == 12
    assert told["levels"][0]["basis"] == "measured"


def test_photographs_of_strangers_are_told_apart_by_the_published_pack(site: Site, shared: Path) -> None:
    folder = shared / "faces" / "lfw_dev"
    small = site.folder / "some"
    for person in sorted(folder.iterdir())[:60]:
        if person.is_dir():
            (small / person.name).mkdir(parents=True)
            for picture in person.iterdir():
                (small / person.name / picture.name).write_bytes(picture.read_bytes())

    words = ("--pack", "mobilefacenet", "--models", str(shared / "models"), "--json")
    told = json.loads(site.run("evaluate", str(small), *words).out)

    assert told["failure_to_acquire"]["overall"]["value"] < 0.1
    assert told["verification"]["eer"]["value"] < 0.05
