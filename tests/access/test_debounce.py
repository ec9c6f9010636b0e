from edge_gate.access.debounce import Line, settle


def test_a_line_takes_its_first_reading_at_once() -> None:
    assert settle(Line(), True, 5, 30) == Line(level=True, raw=True, since=5)
    assert settle(Line(), False, 5, 30).level is False


def test_a_change_counts_once_it_has_been_steady_long_enough() -> None:
    line = settle(Line(), False, 0, 30)
    line = settle(line, True, 100, 30)
    assert line == Line(level=False, raw=True, since=100)
    line = settle(line, True, 129, 30)
    assert line.level is False
    assert settle(line, True, 130, 30) == Line(level=True, raw=True, since=100)


def test_a_bounce_starts_the_wait_afresh() -> None:
    line = settle(Line(), False, 0, 30)
    for at, raw in ((100, True), (110, False), (120, True), (149, True)):
        line = settle(line, raw, at, 30)
        assert line.level is False
    assert settle(line, True, 150, 30).level is True


def test_without_a_debounce_time_a_reading_counts_at_once() -> None:
    assert settle(settle(Line(), False, 0, 0), True, 1, 0).level is True
