"""What a technician is told when something is wrong: the fault, the remedy, an exit code; nothing is lost."""

import json
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from technician import Site

from edge_gate.config import WAIVER
from edge_gate.face.frame import Pixels
from edge_gate.simulated.portrait import portrait
from edge_gate.store.manifest import models_directory


def enrolled(site: Site) -> list[str]:
    said = site.run("gallery", "list", "--json")
    return [json.loads(line)["subject"] for line in said.out.splitlines()]


def test_a_good_photograph_is_enrolled_and_journalled(site: Site) -> None:
    said = site.run("enrol", "ada", "--images", str(site.picture("ada.png", portrait("ada"))))
    assert said.code == 0
    assert enrolled(site) == ["ada"]
    assert "subject_enrolled" in site.run("journal", "tail").out
    assert (
        "2 records" in site.run("journal", "verify").out or "1 records" in site.run("journal", "verify").out
    )


def nobody() -> Pixels:
    return np.full((480, 480, 3), 190, np.uint8)


def two_people() -> Pixels:
    return np.hstack([portrait("ada"), portrait("bela")])


def far_away() -> Pixels:
    canvas = np.full((960, 960, 3), 190, np.uint8)
    canvas[400:544, 400:544] = cv2.resize(portrait("ada"), (144, 144), interpolation=cv2.INTER_AREA)
    return canvas


def smeared() -> Pixels:
    return np.asarray(cv2.GaussianBlur(portrait("ada"), (0, 0), 7), dtype=np.uint8)


def at_night() -> Pixels:
    return np.asarray(portrait("ada") * 0.12, dtype=np.uint8)


@pytest.mark.parametrize(
    ("photograph", "reason"),
    [
        (nobody, "no face found"),
        (two_people, "2 faces found, one expected"),
        (far_away, "too_far (come closer)"),
        (smeared, "blurred (hold still"),
        (at_night, "too_dark (too dark: add light"),
    ],
)
def test_a_photograph_that_will_not_do_is_refused_with_its_reason(
    site: Site, photograph: Callable[[], Pixels], reason: str
) -> None:
    said = site.run("enrol", "ada", "--images", str(site.picture("photo.png", photograph())))
    assert said.code == 10
    assert reason in said.err
    assert "next:" in said.err
    assert enrolled(site) == []


def test_one_bad_photograph_among_good_ones_enrols_nobody(site: Site) -> None:
    good, bad = site.picture("good.png", portrait("ada")), site.picture("bad.png", nobody())
    assert site.run("enrol", "ada", "--images", str(good), "--images", str(bad)).code == 10
    assert enrolled(site) == []


def test_several_photographs_may_follow_one_flag(site: Site) -> None:
    seen = [str(site.picture(f"ada{seed}.png", portrait("ada", seed))) for seed in range(3)]

    said = site.run("enrol", "ada", "--images", *seen)

    assert "ada: enrolled, 3 templates" in said.out, said.err
    assert site.run("enrol", "--images", *seen).code == 2, "a photograph is not taken for a name"
    assert site.run("enrol", "ada", seen[0]).code == 2


def test_a_truncated_photograph_is_refused(site: Site) -> None:
    whole = site.picture("ada.png", portrait("ada"))
    whole.write_bytes(whole.read_bytes()[:2000])
    said = site.run("enrol", "ada", "--images", str(whole))
    assert said.code == 13
    assert "ada.png is not a whole picture" in said.err


def test_a_clip_without_a_frame_is_refused(site: Site) -> None:
    clip = site.folder / "empty.mp4"
    clip.write_bytes(b"")
    said = site.run("replay", str(clip))
    assert said.code == 13
    assert "shows not one picture" in said.err


def test_a_corrupt_gallery_is_named_and_left_as_it_is(site: Site) -> None:
    site.run("enrol", "ada", "--images", str(site.picture("ada.png", portrait("ada"))))
    gallery = site.state / "gallery.sqlite"
    damaged = bytearray(gallery.read_bytes())
    damaged[100:600] = b"\xff" * 500
    gallery.write_bytes(damaged)
    said = site.run("check")
    assert said.code == 8
    assert "gallery.sqlite" in said.err
    assert gallery.read_bytes() == bytes(damaged)


def test_a_missing_key_is_not_replaced_by_a_new_one(site: Site) -> None:
    site.run("enrol", "ada", "--images", str(site.picture("ada.png", portrait("ada"))))
    key = (site.state / "gallery.key").rename(site.folder / "safe place")
    said = site.run("check")
    assert said.code == 7
    assert not (site.state / "gallery.key").exists()

    key.rename(site.state / "gallery.key")
    assert enrolled(site) == ["ada"]


def test_an_exposed_key_is_refused(site: Site) -> None:
    site.run("enrol", "ada", "--images", str(site.picture("ada.png", portrait("ada"))))
    (site.state / "gallery.key").chmod(0o644)
    said = site.run("check")
    assert said.code == 7
    assert "gallery.key" in said.err


def test_a_model_whose_hash_differs_is_refused(site: Site) -> None:
    weights = models_directory() / "weights"
    for file in ("yunet_n_dynamic.onnx", "mobilefacenet_foamliu_fp32.onnx"):
        (site.folder / file).write_bytes((weights / "detector_int8.onnx").read_bytes())
    said = site.run("replay", str(site.folder), "--pack", "mobilefacenet", "--models", str(site.folder))
    assert said.code == 4
    assert "yunet_n_dynamic.onnx" in said.err
    assert "Restore the file, or choose another pack" in said.err


def test_a_model_that_is_not_there_says_where_to_bring_it_from(site: Site) -> None:
    said = site.run("replay", str(site.folder), "--pack", "mobilefacenet")
    assert said.code == 4
    assert "github.com/ShiqiYu" in said.err


def test_an_unknown_pack_is_told_the_ones_there_are(site: Site) -> None:
    said = site.run("replay", str(site.folder), "--pack", "best")
    assert said.code == 4
    assert "builtin, minifasnet, mobilefacenet" in said.err


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("[door]\nunlock_ms = 0", "door.unlock_ms = 0: Expected int >= 1"),
        ("[door]\nunlock = 5", "there is no key door.unlock; there are hardware"),
        ('[door]\nrelock = "never"', "door.relock = 'never': Expected one of 'open', 'close'"),
        ('[camera]\nsource = "usb"', "camera.source = 'usb': Expected picamera2, v4l2:DEVICE"),
        ("[doors]\n", "there is no table [doors]; there are camera"),
        ("[door]\nunlock_ms = '5'", "door.unlock_ms = '5': Expected int, got str"),
        (
            '[readers]\ninward = ["hid:/dev/x", "wigand:5,6"]',
            "readers.inward = 'wigand:5,6': Expected wiegand:D0",
        ),
        ("[access]\ntimed = [7]", "access.timed = 7: Expected str"),
        ("door", "is not TOML"),
        ("[door]\nhardware = 'gpio'\nstrike_pin = 2", "GPIO 2, high at power-on"),
        ("[door]\nhardware = 'gpio'\n[panel]\nlamp_pin = 17", "name one pin twice among [17, 17]"),
        (
            "[door]\nhardware = 'gpio'\n[readers]\ninward = ['wiegand:17,6']",
            "name one pin twice among [17, 17, 6]",
        ),
    ],
)
def test_a_mistake_in_the_configuration_names_the_file_the_key_and_what_is_allowed(
    site: Site, line: str, told: str
) -> None:
    waiver = f'[liveness]\nwaiver = "{WAIVER}"\n'
    site.config.write_text((waiver if "hardware" in line else "") + line)
    said = site.run("check")
    assert said.code == 3
    assert told in said.err
    assert "next:" in said.err


def test_face_only_without_a_liveness_model_must_be_waived_in_so_many_words(site: Site) -> None:
    site.config.write_text('[door]\nhardware = "simulated"')
    said = site.run("check")
    assert said.code == 3
    assert "takes a photograph for the person" in said.err
    assert WAIVER in said.err


def test_a_schedule_that_the_configuration_names_and_nobody_made_is_told_with_the_command(site: Site) -> None:
    site.config.write_text(site.config.read_text() + '[access]\ntimed = ["night: face"]\n')
    said = site.run("check")
    assert said.code == 3
    assert "access.timed names the schedule 'night', which does not exist" in said.err
    assert "edge-gate schedules set night" in said.err

    assert site.run("schedules", "set", "night", "daily 22:00-06:00").code == 0
    assert site.run("check").code == 0


def test_nobody_at_the_control_socket_is_said_so(site: Site) -> None:
    said = site.run("door", "status")
    assert said.code == 11
    assert "systemctl start edge-gate" in said.err


def test_a_person_removed_is_gone_and_the_removal_journalled(site: Site) -> None:
    site.run("enrol", "ada", "--images", str(site.picture("ada.png", portrait("ada"))))
    assert site.run("gallery", "remove", "ada").code == 0
    assert enrolled(site) == []
    assert "subject_removed" in site.run("journal", "tail").out
    assert site.run("gallery", "remove", "ada").code == 8


def test_a_new_key_opens_the_same_gallery(site: Site) -> None:
    site.run("enrol", "ada", "--images", str(site.picture("ada.png", portrait("ada"))))
    before = (site.state / "gallery.key").read_bytes()
    assert site.run("gallery", "rekey").code == 0
    assert (site.state / "gallery.key").read_bytes() != before
    assert enrolled(site) == ["ada"]
    assert site.run("check").code == 0


def test_no_command_lets_a_template_out(site: Site) -> None:
    site.run("enrol", "ada", "--images", str(site.picture("ada.png", portrait("ada"))))
    verbs = [
        ("gallery", "show", "ada"),
        ("gallery", "show", "ada", "--json"),
        ("journal", "export"),
        ("check",),
    ]
    said = "".join(done.out + done.err for done in (site.run(*verb) for verb in verbs))
    assert "ada" in said
    assert said.count("0.") <= 10, "a row of numbers in the output"
