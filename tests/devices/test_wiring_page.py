"""The wiring page says what the software does."""

import re
import tomllib
from pathlib import Path

from gpiozero.pins.mock import MockFactory

from edge_gate.config import default_text
from edge_gate.devices.gpio import HIGH_AT_POWER_ON

PAGE = (Path(__file__).parents[2] / "docs" / "wiring.md").read_text()


def test_every_key_on_the_page_is_in_the_configuration() -> None:
    keys = set(re.findall(r"`door\.(\w+)", PAGE))

    assert keys > {"strike_pin", "position_pin", "rex_pin"}
    assert keys <= set(tomllib.loads(default_text())["door"])


def test_the_pins_the_page_allows_for_the_strike_are_those_the_software_takes() -> None:
    stated = re.search(r"may hang on GPIO (\d+).(\d+) or (\d+).(\d+)", PAGE)
    assert stated
    first, last, second, end = (int(pin) for pin in stated.groups())

    assert {*range(first, last + 1), *range(second, end + 1)} == set(range(28)) - HIGH_AT_POWER_ON
    assert tomllib.loads(default_text())["door"]["strike_pin"] == 17
    assert "| `door.strike_pin` | 17 | 11 |" in PAGE


def test_each_line_is_where_the_page_says_on_the_header() -> None:
    stated = re.search(r"The rest of the header, GPIO \(pin\): (.*?)Ground: (.*?)\.\n", PAGE, re.DOTALL)
    assert stated
    lines = {int(gpio): int(pin) for gpio, pin in re.findall(r"(\d+) \((\d+)\)", stated[1])}
    lines |= {17: 11, 22: 15, 27: 13}
    header = MockFactory().board_info.headers["J8"].pins
    assert lines == {
        int(pin.name.removeprefix("GPIO")): place
        for place, pin in header.items()
        if pin.name.startswith("GPIO")
        and pin.name not in {"GPIO0", "GPIO1", "GPIO2", "GPIO3", "GPIO14", "GPIO15"}
    }
    grounds = {place for place, pin in header.items() if pin.name == "GND"}
    assert {int(place) for place in stated[2].split(", ")} == grounds
