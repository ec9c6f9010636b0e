import pytest

from edge_gate.access.verification import FACE, Factor, Verification

CARD, PIN = Factor.CARD, Factor.PIN


@pytest.mark.parametrize(
    "text", ["face", "card", "card+pin", "face+card", "face+pin", "face|card", "face+card+pin"]
)
def test_every_mode_of_a_terminal_reads_back_as_written(text: str) -> None:
    assert str(Verification.parse(text)) == text


def test_factors_may_be_named_in_any_order_and_case() -> None:
    assert Verification.parse("PIN + Face") == Verification.parse("face+pin")


@pytest.mark.parametrize("text", ["", "iris", "face|", "card+", "face card"])
def test_an_unknown_factor_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no verification; join face, card, pin by \+ and \|"):
        Verification.parse(text)


@pytest.mark.parametrize("text", ["pin", "face|pin"])
def test_a_pin_alone_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a PIN alone"):
        Verification.parse(text)


def test_a_way_is_met_by_its_factors_and_by_more() -> None:
    both = Verification.parse("card+face")
    assert not both.met((Factor.FACE,))
    assert both.met((CARD, Factor.FACE))
    assert both.met((Factor.FACE, CARD, PIN))
    assert Verification.parse("face|card").met((CARD,))


def test_what_is_wanted_next_is_the_rest_of_the_shortest_way() -> None:
    asked = Verification.parse("card+pin+face|card+face")
    assert asked.wants((CARD,)) == (Factor.FACE,)
    assert asked.wants(()) == (Factor.FACE, CARD)
    assert asked.wants((PIN,)) == (Factor.FACE, CARD)
    assert FACE.wants((CARD,)) == ()
    assert Verification.parse("card|card+face").wants((CARD,)) == (Factor.FACE,)
    assert Verification.parse("face+card+pin|face+pin").wants(()) == (Factor.FACE, PIN)


def test_only_a_way_of_a_face_by_itself_searches_among_everybody() -> None:
    assert FACE.face_alone
    assert Verification.parse("card|face").face_alone
    assert not Verification.parse("card+face").face_alone


def test_more_than_a_face_leaves_every_other_way_as_it_is() -> None:
    asked = Verification.parse("card+pin|face|card")
    assert str(asked.with_more_than_a_face()) == "card+pin|face+card|face+pin|card"
