"""At the end of a run its figures are printed."""

import pytest
from machine import cache


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for figures in sorted(cache().glob("*.txt")):
        terminalreporter.section(str(figures))
        terminalreporter.write(figures.read_text())
