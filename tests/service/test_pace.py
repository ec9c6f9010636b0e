"""What `status` says of rate and latency."""

from edge_gate.service.pace import REMEMBERED, Pace


def test_before_the_first_frames_there_is_nothing_to_say() -> None:
    pace = Pace()
    assert (pace.frames_a_second, pace.latency_ms) == (None, None)
    pace.note(0, 3, looked=False)
    assert (pace.frames_a_second, pace.latency_ms) == (None, None)


def test_the_rate_is_that_of_the_shutter_and_the_latency_that_of_looks() -> None:
    pace = Pace()
    for number in range(31):
        looked = number % 10 == 0
        pace.note(number * 100, number * 100 + (40 if looked else 1), looked=looked)
    assert pace.frames_a_second == 10.0
    assert pace.latency_ms == 40


def test_only_the_last_frames_count() -> None:
    pace = Pace()
    for number in range(50):
        pace.note(number * 1000, number * 1000 + 500, looked=True)
    for number in range(REMEMBERED):
        pace.note(50_000 + number * 50, 50_000 + number * 50 + 20, looked=True)
    assert pace.frames_a_second == 20.0
    assert pace.latency_ms == 20
