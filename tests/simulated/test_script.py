"""What a scene's author may write, and what they are told when they may not."""

from pathlib import Path

import pytest

from edge_gate.errors import ConfigError
from edge_gate.simulated.attire import Wear
from edge_gate.simulated.script import Act, Deed, Light, Medium, Shot, parse


def test_a_line_says_who_does_what_for_how_long() -> None:
    assert parse("ada walks up for 2 s") == (Shot((Act("ada", Deed.WALK_UP),), 2000),)
    assert parse("nobody for 1.5 s") == (Shot((), 1500),)
    assert parse("the camera freezes for 3 s") == (Shot((), 3000, frozen=True),)


def test_comments_and_empty_lines_are_skipped() -> None:
    assert parse("# an evening\n\n  ada   leaves for 1 s  # at last\n") == parse("ada leaves for 1 s")


def test_several_people_share_a_deed_or_have_their_own() -> None:
    (shot,) = parse("ada, bela and chidi stand for 1 s")
    assert [act.member for act in shot.acts] == ["ada", "bela", "chidi"]
    (shot,) = parse("ada and bela stand near and chidi runs past for 1 s")
    assert [act.deed for act in shot.acts] == [Deed.STAND_NEAR, Deed.STAND_NEAR, Deed.RUN_PAST]


def test_people_wear_things_and_are_shown_on_others() -> None:
    (shot,) = parse("ada with a mask and bela with sunglasses stand for 1 s")
    assert [act.wears for act in shot.acts] == [Wear.MASK, Wear.SUNGLASSES]
    (shot,) = parse("a print of ada is shown and a phone with bela is shown for 1 s")
    assert [act.medium for act in shot.acts] == [Medium.PRINT, Medium.PHONE]


@pytest.mark.parametrize("light", list(Light))
def test_every_light_can_be_put_before_a_deed(light: Light) -> None:
    assert parse(f"{light} while ada stands for 1 s")[0].light is light


@pytest.mark.parametrize("deed", list(Deed))
def test_every_deed_is_understood_of_one_person_and_of_two(deed: Deed) -> None:
    several, one = deed.said
    assert [act.deed for act in parse(f"ada {one} for 1 s")[0].acts] == [deed]
    assert [act.deed for act in parse(f"ada and bela {several} for 1 s")[0].acts] == [deed, deed]


@pytest.mark.parametrize(
    ("line", "wrong", "allowed"),
    [
        ("ada dances for 1 s", "'dances' is no deed of ada", "walks up"),
        ("ada and bela for 1 s", "'' is no deed of ada", "stand"),
        ("zoe stands for 1 s", "'zoe' is no member of the cast", "ada"),
        ("fog while ada stands for 1 s", "'fog' is no light", "darkness"),
        ("ada with a beard stands for 1 s", "'a beard' is no thing to wear", "a mask"),
        ("a painting of ada is shown for 1 s", "'painting' is no thing to show", "print"),
        ("ada stands", "does not end in `for N s`", "walks up"),
        ("ada stands for 0 s", "does not end in `for N s`", "walks up"),
        ("", "the scene has no line in it", "walks up"),
    ],
)
def test_what_is_not_understood_is_refused_with_what_would_be(line: str, wrong: str, allowed: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse(line)
    assert wrong in str(refused.value)
    assert allowed in str(refused.value)


def test_a_refusal_names_the_line() -> None:
    with pytest.raises(ConfigError, match="scene line 3"):
        parse("nobody for 1 s\n\nada flies for 1 s\n")


def test_the_page_on_scenes_shows_what_is_understood_and_names_every_word() -> None:
    page = (Path(__file__).parents[2] / "docs/scene.md").read_text()
    assert len(parse(page.split("```")[1])) == 12
    for word in [*Light, *Wear, *(deed.said[1] for deed in Deed), Medium.PRINT, Medium.PHONE]:
        assert word in page.split("```")[2]
