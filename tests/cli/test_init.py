"""The wizard: a few answers become a configuration, and nothing is lost without a look."""

import io
import tomllib

import pytest
from technician import Site

from edge_gate.config import WAIVER, default_text, load

ANSWERS = """
board = "raspberry-pi"
camera = "v4l2:/dev/video0"
strike_pin = 22
position_pin = 23
lock = "magnet"
mode = "face+card"
false_opens = 0.0001
photograph_may_open = "yes"
"""


@pytest.fixture
def new_site(site: Site) -> Site:
    site.config.unlink()
    (site.folder / "answers.toml").write_text(ANSWERS)
    return site


def answered(site: Site, *words: str) -> int:
    said = site.run("init", "--answers", str(site.folder / "answers.toml"), *words)
    return said.code


def test_answers_become_a_configuration_of_every_key_with_its_comment(new_site: Site) -> None:
    assert answered(new_site) == 0

    settings, text = load(new_site.config), new_site.config.read_text()
    assert settings.camera.source == "v4l2:/dev/video0"
    assert (settings.door.strike_pin, settings.door.position_pin, settings.door.rex_pin) == (22, 23, -1)
    assert (settings.door.relock, settings.door.lock) == ("close", "fail_safe")
    assert settings.access.verification == "face+card"
    assert settings.budget.false_opens == 0.0001
    assert settings.control.group == "edge_gate", "its members may command the door"
    assert settings.liveness.waiver == WAIVER
    comments = [line.partition("#")[2] for line in default_text().splitlines() if "#" in line]
    assert all(comment in text for comment in comments)
    assert tomllib.loads(text).keys() == tomllib.loads(default_text()).keys()


def test_the_text_of_a_changed_key_keeps_its_place_among_its_neighbours(new_site: Site) -> None:
    answered(new_site)

    assert "strike_pin = 22         # BCM number" in new_site.config.read_text()


def test_a_configuration_that_is_there_is_not_overwritten_without_a_look(new_site: Site) -> None:
    new_site.config.write_text("[door]\nunlock_ms = 3000\n")

    said = new_site.run("init", "--answers", str(new_site.folder / "answers.toml"))

    assert said.code == 3
    assert "+strike_pin = 22" in said.out
    assert "--yes" in said.err
    assert new_site.config.read_text() == "[door]\nunlock_ms = 3000\n"


def test_what_no_question_is_about_is_kept(new_site: Site) -> None:
    new_site.config.write_text("[door]\nunlock_ms = 3000\n")

    assert answered(new_site, "--yes") == 0
    assert load(new_site.config).door.unlock_ms == 3000


def test_answering_the_same_again_changes_nothing(new_site: Site) -> None:
    answered(new_site)
    before = new_site.config.stat()

    assert answered(new_site) == 0
    assert new_site.config.stat().st_mtime_ns == before.st_mtime_ns


def test_the_configuration_is_not_for_every_user_to_read(new_site: Site) -> None:
    answered(new_site)

    assert new_site.config.stat().st_mode & 0o777 == 0o640


def test_the_key_that_the_installer_made_is_the_one_the_verbs_use(new_site: Site) -> None:
    key = new_site.folder / "gallery.key"
    key.write_bytes(bytes(32))

    answered(new_site)

    assert load(new_site.config).store.key == str(key)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('lock = "magic"', "lock = 'magic': Expected one of strike, magnet"),
        ("strike_pin = 2", "GPIO 2, high at power-on"),
        ('strike_pin = "two"', "door.strike_pin = 'two': Expected int"),
        ("false_opens = 2", "budget.false_opens = 2"),
        ("relay = 3", "there is no question 'relay'; there are board, camera"),
        ('camera = "usb"', "camera.source = 'usb': Expected picamera2"),
        ("board", "holds no answers"),
    ],
)
def test_an_answer_that_will_not_do_is_named_and_nothing_written(
    new_site: Site, line: str, told: str
) -> None:
    (new_site.folder / "answers.toml").write_text(line)

    said = new_site.run("init", "--answers", str(new_site.folder / "answers.toml"))

    assert said.code == 3
    assert told in said.err
    assert not new_site.config.exists()


def test_the_wizard_asks_only_what_matters_and_asks_again_after_a_slip(
    new_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "sys.stdin", io.StringIO("simulated\nusb\nv4l2:/dev/video2\nmagnet\nface\n1e-4\nbuiltin\nyes\n")
    )

    said = new_site.run("init")

    assert said.code == 0, said.err
    assert "camera.source = 'usb'" in said.err
    assert "GPIO" not in said.out, "no relay hangs on a simulated door"
    settings = load(new_site.config)
    assert (settings.door.hardware, settings.camera.source) == ("simulated", "v4l2:/dev/video2")


def test_its_questions_are_a_file_of_answers(new_site: Site) -> None:
    asked = new_site.run("init", "--questions")

    (new_site.folder / "answers.toml").write_text(asked.out)
    assert answered(new_site) == 0
    assert load(new_site.config) == load(None, {"control": {"group": "edge_gate"}})
