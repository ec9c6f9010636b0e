from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_gate.access.schedule import ALWAYS, DAYS, NEVER, Day, Schedule, Span, covers, ends, wall

BERLIN = ZoneInfo("Europe/Berlin")
WORK = Schedule.parse("mon-fri 07:00-19:00")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("when", "inside"),
    [
        ("2026-03-02 06:59", False),
        ("2026-03-02 07:00", True),
        ("2026-03-02 18:59:59.999", True),
        ("2026-03-02 19:00", False),
        ("2026-03-06 12:00", True),
        ("2026-03-07 12:00", False),
        ("2026-03-08 12:00", False),
    ],
)
def test_working_hours_begin_with_their_first_minute_and_end_before_their_last(
    when: str, inside: bool
) -> None:
    assert covers(WORK, at(when)) is inside


@pytest.mark.parametrize(
    ("when", "inside"),
    [
        ("2026-03-06 21:59", False),
        ("2026-03-06 22:00", True),
        ("2026-03-07 05:59", True),
        ("2026-03-07 06:00", False),
        ("2026-03-07 22:30", False),
        ("2026-03-06 03:00", False),
    ],
)
def test_a_night_belongs_to_the_day_on_which_it_begins(when: str, inside: bool) -> None:
    assert covers(Schedule.parse("fri 22:00-06:00"), at(when)) is inside


def test_hours_that_end_as_they_begin_last_a_day() -> None:
    guard = Schedule.parse("mon 08:00-08:00")
    assert covers(guard, at("2026-03-02 09:00"))
    assert covers(guard, at("2026-03-03 07:59"))
    assert not covers(guard, at("2026-03-02 07:59"))
    assert not covers(guard, at("2026-03-03 08:00"))


def test_hours_end_on_the_minute_whenever_they_are_asked_for() -> None:
    begun = at("2026-03-02 09:00").replace(second=7, microsecond=5)
    assert ends(Schedule.parse("mon 08:00-10:00"), begun) == at("2026-03-02 10:00")


def test_a_holiday_is_no_weekday() -> None:
    monday = date(2026, 3, 2)
    assert not covers(WORK, at("2026-03-02 12:00"), [monday])
    assert covers(Schedule.parse("holiday 10:00-12:00"), at("2026-03-02 11:00"), [monday])
    assert not covers(Schedule.parse("holiday 10:00-12:00"), at("2026-03-02 11:00"), [])


def test_the_night_into_a_holiday_is_still_the_night_of_the_day_before() -> None:
    night = Schedule.parse("sun 22:00-06:00")
    assert covers(night, at("2026-03-02 05:00"), [date(2026, 3, 2)])
    assert not covers(night, at("2026-03-02 05:00"), [date(2026, 3, 1)])


def test_always_is_always_and_never_is_never_holiday_or_not() -> None:
    for when in ("2026-03-02 00:00", "2026-03-08 23:59"):
        for holidays in ([], [at(when).date()]):
            assert covers(ALWAYS, at(when), holidays)
            assert not covers(NEVER, at(when), holidays)
    assert Schedule.parse(" Always ") == ALWAYS
    assert Schedule.parse("never") == NEVER
    assert (str(ALWAYS), str(NEVER)) == ("always", "never")


def test_a_wall_clock_keeps_the_zones_summer_time() -> None:
    winter, summer = datetime(2026, 3, 1, 12, tzinfo=UTC), datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert wall(round(winter.timestamp() * 1000), "Europe/Berlin").hour == 13
    assert wall(round(summer.timestamp() * 1000) + 999, "Europe/Berlin").hour == 14
    assert wall(999, "UTC").microsecond == 0
    assert wall(0, "UTC") == wall(0, "Etc/UTC")
    assert wall(0, "UTC").tzinfo is UTC  # and no list of zones is loaded for it
    assert wall(0, "Asia/Kolkata").isoformat() == "1970-01-01T05:30:00+05:30"


def test_both_passes_of_the_repeated_autumn_hour_count_as_that_hour() -> None:
    early = Schedule.parse("daily 02:00-03:00")
    passes = [
        wall(round(datetime(2026, 10, 25, hour, 30, tzinfo=UTC).timestamp() * 1000), "Europe/Berlin")
        for hour in (0, 1)
    ]
    assert [each.hour for each in passes] == [2, 2]
    assert all(covers(early, each) for each in passes)


@pytest.mark.parametrize(
    ("schedule", "when", "until"),
    [
        ("mon-fri 07:00-19:00", "2026-03-02 10:15:30", "2026-03-02 19:00"),
        ("mon-fri 07:00-19:00", "2026-03-02 05:00", "2026-03-02 05:00"),
        ("fri 22:00-06:00", "2026-03-06 23:00", "2026-03-07 06:00"),
        ("fri 22:00-06:00", "2026-03-07 01:00", "2026-03-07 06:00"),
        ("mon 08:00-12:00, mon 12:00-14:00", "2026-03-02 09:00", "2026-03-02 14:00"),
        ("fri 20:00-24:00, sat 00:00-03:00", "2026-03-06 21:00", "2026-03-07 03:00"),
        ("always", "2026-03-02 10:00", "2026-03-10 00:00"),
    ],
)
def test_open_hours_end_where_no_span_continues_them(schedule: str, when: str, until: str) -> None:
    assert ends(Schedule.parse(schedule), at(when)) == at(until)


def test_a_holiday_ends_the_hours_of_the_day_before_at_midnight() -> None:
    through = Schedule.parse("mon-fri 00:00-24:00")
    assert ends(through, at("2026-03-02 10:00"), [date(2026, 3, 3)]) == at("2026-03-03 00:00")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("mon-fri", "not of the form"),
        ("", "not of the form"),
        ("mon 07:00-19:00,", "not of the form"),
        ("blue 07:00-19:00", "'blue' is no day; days are daily, mon, tue"),
        ("fri-mon 07:00-19:00", "'fri-mon' runs backward through the week"),
        ("sun-holiday 07:00-19:00", "runs backward"),
        ("mon 24:00-06:00", "an hour that no clock shows"),
        ("mon 23:00-24:30", "an hour that no clock shows"),
        ("mon 07:60-19:00", "an hour that no clock shows"),
        ("mon 07:00-19:60", "an hour that no clock shows"),
        ("mon 07:00-24:01", "an hour that no clock shows"),
        ("mon 07:00-00:00", "an hour that no clock shows"),
    ],
)
def test_a_mistyped_schedule_is_refused_naming_the_part(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Schedule.parse(text)


def test_days_are_named_one_by_one_as_a_range_or_all() -> None:
    assert Schedule.parse("sat sun 09:00-10:30").spans == (Span((Day.SAT, Day.SUN), 540, 630),)
    assert Schedule.parse("sun mon-tue 23:59-00:01").spans == (Span((Day.MON, Day.TUE, Day.SUN), 1439, 1),)
    assert Schedule.parse("holiday mon 1:00-2:00").spans == (Span((Day.MON, Day.HOLIDAY), 60, 120),)
    assert Schedule.parse("daily 00:00-24:00") == ALWAYS
    assert Schedule.parse("mon-sun 07:00-08:00").spans[0].days == DAYS[:7]
    assert str(Schedule.parse("DAILY 07:00-08:00, sat 09:05-24:00")) == "daily 07:00-08:00, sat 09:05-24:00"


SPANS = st.builds(
    Span,
    st.sets(st.sampled_from(DAYS), min_size=1).map(lambda days: tuple(day for day in DAYS if day in days)),
    st.integers(0, 1439),
    st.integers(1, 1440),
)
SCHEDULES = st.lists(SPANS, min_size=1, max_size=3).map(lambda spans: Schedule(tuple(spans)))


@given(SCHEDULES)
def test_a_schedule_reads_back_as_it_was_written(schedule: Schedule) -> None:
    assert Schedule.parse(str(schedule)) == schedule


@given(SCHEDULES, st.integers(0, 366 * 24 * 60), st.sets(st.dates(date(2026, 1, 1), date(2026, 12, 31))))
def test_hours_last_until_their_end_and_not_a_minute_longer(
    schedule: Schedule, minute_of_year: int, holidays: set[date]
) -> None:
    when = at("2026-01-01 00:00") + timedelta(minutes=minute_of_year)
    until = ends(schedule, when, holidays)
    minutes = round((until - when).total_seconds() / 60)
    for minute in range(0, minutes, max(1, minutes // 50)):
        assert covers(schedule, when + timedelta(minutes=minute), holidays)
    if minutes < 7 * 24 * 60:
        assert not covers(schedule, until, holidays)
