"""Time, as the door knows it."""

from typing import TypeAlias

Instant: TypeAlias = int
"""A monotonic instant in whole milliseconds. Its zero means nothing; only differences do."""

Millis: TypeAlias = int
"""A duration in whole milliseconds."""
