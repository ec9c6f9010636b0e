from hypothesis import given
from hypothesis import strategies as st

from edge_gate.access.lockout import Tally, counted, locked, spent

WINDOW, PAUSE = 60_000, 300_000


def tried(tally: Tally, *instants: int, allowed: int = 3) -> Tally:
    for now in instants:
        tally = counted(tally, now, allowed, WINDOW, PAUSE)
    return tally


def test_the_third_wrong_try_of_three_locks_for_the_pause() -> None:
    tally = tried(Tally(), 0, 1_000)
    assert not locked(tally, 1_000)
    tally = tried(tally, 2_000)
    assert tally == Tally((), 302_000)
    assert locked(tally, 2_000)
    assert locked(tally, 301_999)
    assert not locked(tally, 302_000)


def test_a_try_as_old_as_the_window_is_forgotten() -> None:
    assert not locked(tried(Tally(), 0, 1, 60_000), 60_000)
    assert locked(tried(Tally(), 0, 1, 59_999), 59_999)


def test_after_the_pause_counting_starts_from_nothing() -> None:
    tally = tried(Tally(), 0, 1, 2, 300_002, 300_003)
    assert not locked(tally, 300_003)
    assert tally.tries == (300_002, 300_003)


@given(st.lists(st.integers(0, 100_000), min_size=1))
def test_no_trying_on_makes_a_lockout_last_longer(waits: list[int]) -> None:
    tally, now = tried(Tally(), 0, 0, 0), 0
    for wait in waits:
        now += wait
        before = locked(tally, now)
        tally = tried(tally, now)
        assert not before or tally.locked_until == 300_000 or now >= 300_000
    assert not locked(tally, now + PAUSE)


def test_a_tally_is_spent_when_neither_locked_nor_recent() -> None:
    assert spent(Tally(), 0, WINDOW)
    assert not spent(Tally((0,)), 59_999, WINDOW)
    assert spent(Tally((0,)), 60_000, WINDOW)
    assert not spent(Tally((0, 1)), 60_000, WINDOW)
    assert not spent(Tally((), 10), 9, WINDOW)
    assert spent(Tally((), 10), 10, WINDOW)
