"""Hours of the week, with holidays: ``mon-fri 07:00-19:00, holiday 10:00-12:00``."""

import re
from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum

from msgspec import Struct

MINUTES = 24 * 60


class Day(StrEnum):
    """A day of the week; a holiday is none of the seven, whatever the calendar says."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"
    HOLIDAY = "holiday"


DAYS = tuple(Day)


class Span(Struct, frozen=True):
    """The same hours on some days.

    Attributes:
        days: the days on which the span starts, in the week's order.
        start: minute of the day, 0..1439.
        end: minute of the day, 1..1440, not included; at or before `start` it lies on the day after.
    """

    days: tuple[Day, ...]
    start: int
    end: int

    def __str__(self) -> str:
        days = "daily" if self.days == DAYS else " ".join(self.days)
        return f"{days} {_clock(self.start)}-{_clock(self.end)}"


class Schedule(Struct, frozen=True):
    """Spans of time; `str` and `parse` are each other's inverse."""

    spans: tuple[Span, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Schedule":
        """Read spans parted by commas: days (``mon-fri``, ``sat sun``, ``holiday``, ``daily``), then hours.

        ``always`` and ``never`` stand for themselves; ``22:00-06:00`` runs into the next morning.

        Raises:
            ValueError: if the text is none of that, saying which part.
        """
        words = text.strip().lower()
        if words in ("always", "never"):
            return ALWAYS if words == "always" else NEVER
        return cls(tuple(_span(part) for part in words.split(",")))

    def __str__(self) -> str:
        if self in (ALWAYS, NEVER):
            return "always" if self == ALWAYS else "never"
        return ", ".join(str(span) for span in self.spans)


ALWAYS = Schedule((Span(DAYS, 0, MINUTES),))
"""Needs no clock."""
NEVER = Schedule()


def zone_of(name: str) -> tzinfo:
    """The zone of that IANA name; UTC, where most doors are left, needs no list of zones to be loaded.

    Raises:
        KeyError, ValueError, OSError: if there is none.
    """
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - see above

    return ZoneInfo(name)


def wall(utc_ms: int, zone: str) -> datetime:
    """What the clock on the wall shows in that zone."""
    return datetime.fromtimestamp(utc_ms // 1000, zone_of(zone))


def covers(schedule: Schedule, at: datetime, holidays: Collection[date] = ()) -> bool:
    """Whether the schedule includes this wall-clock time.

    In the hour that a zone repeats in autumn both passes count as that hour.
    """
    minute = at.hour * 60 + at.minute
    today = _day(at.date(), holidays)
    yesterday = _day(at.date() - timedelta(days=1), holidays)
    return any(
        (today in span.days and span.start <= minute < span.end)
        if span.start < span.end
        else (today in span.days and minute >= span.start) or (yesterday in span.days and minute < span.end)
        for span in schedule.spans
    )


def ends(schedule: Schedule, at: datetime, holidays: Collection[date] = ()) -> datetime:
    """When the time covered at `at` ends; at most eight days ahead. `at` itself where it is not covered."""
    marks = sorted({0} | {mark % MINUTES for span in schedule.spans for mark in (span.start, span.end)})
    moment = at
    for ahead in range(9):
        midnight = at.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=ahead)
        for mark in marks:
            if not covers(schedule, moment, holidays):
                return moment
            moment = max(moment, midnight + timedelta(minutes=mark))
    return moment


def _day(when: date, holidays: Collection[date]) -> Day:
    return Day.HOLIDAY if when in holidays else DAYS[when.weekday()]


def _span(text: str) -> Span:
    hours = re.fullmatch(r"\s*(\D+?)\s+(\d\d?):(\d\d)\s*-\s*(\d\d?):(\d\d)\s*", text)
    if hours is None:
        raise ValueError(f"{text.strip()!r} is not of the form 'mon-fri 07:00-19:00'")
    days, *numbers = hours.groups()
    from_hour, from_minute, to_hour, to_minute = map(int, numbers)
    start, end = from_hour * 60 + from_minute, to_hour * 60 + to_minute
    if not (start < MINUTES and 0 < end <= MINUTES and from_minute < 60 and to_minute < 60):
        raise ValueError(f"{text.strip()!r} has an hour that no clock shows")
    named = {day for word in days.split() for day in _days(word)}
    return Span(tuple(day for day in DAYS if day in named), start, end)


def _days(word: str) -> tuple[Day, ...]:
    if word == "daily":
        return DAYS
    first, _, last = word.partition("-")
    try:
        start, end = DAYS.index(Day(first)), DAYS.index(Day(last or first))
    except ValueError:
        raise ValueError(f"{word!r} is no day; days are daily, {', '.join(DAYS)}") from None
    if start > end or (last and Day.HOLIDAY in DAYS[start : end + 1]):
        raise ValueError(f"{word!r} runs backward through the week; write 'sat sun mon' instead")
    return DAYS[start : end + 1]


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
