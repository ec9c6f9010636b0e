"""At the end of a run of these tests its figures are printed."""

import pytest
from machine import cache


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    ran = [getattr(report, "nodeid", "") for reports in terminalreporter.stats.values() for report in reports]
    if not any("e2e/" in nodeid for nodeid in ran):
        return
    for figures in sorted(cache().glob("*.txt")):
        terminalreporter.section(str(figures))
        terminalreporter.write(figures.read_text())
