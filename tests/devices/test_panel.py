"""The panel: contacts that rest closed, a lamp and a buzzer that rest dark and silent."""

import pytest
from gpiozero.pins.mock import MockFactory

from edge_gate.access.gate import Contacts
from edge_gate.access.signal import Levels
from edge_gate.config import WAIVER, load
from edge_gate.devices.gpio import InputLine, PanelLines
from edge_gate.devices.panel import GpioPanel
from edge_gate.errors import ConfigError, DoorHardwareError
from edge_gate.service import wiring
from edge_gate.service.lines import panel_lines

FIRE, TAMPER, OTHER, LAMP, BUZZER = 5, 6, 16, 20, 21


def contact(pin: int) -> InputLine:
    return InputLine(pin, active="high")


def wired(factory: MockFactory) -> GpioPanel:
    lines = PanelLines(contact(FIRE), contact(TAMPER), contact(OTHER), LAMP, BUZZER)
    return GpioPanel(lines, factory)


def test_a_contact_closed_to_ground_is_at_rest_and_one_that_opens_or_is_cut_is_active() -> None:
    factory = MockFactory()
    panel = wired(factory)
    for pin in (FIRE, TAMPER, OTHER):
        factory.pin(pin).drive_low()
    assert panel.contacts() == Contacts()
    for pin, active in (
        (FIRE, Contacts(fire=True)),
        (TAMPER, Contacts(tampered=True)),
        (OTHER, Contacts(other_open=True)),
    ):
        factory.pin(pin).drive_high()
        assert panel.contacts() == active
        factory.pin(pin).drive_low()


def test_lamp_and_buzzer_follow_what_is_shown_and_go_out_at_the_end() -> None:
    factory = MockFactory()
    panel = wired(factory)
    lamp, buzzer = factory.pin(LAMP), factory.pin(BUZZER)
    assert (lamp.state, buzzer.state) == (0, 0)
    panel.show(Levels(lamp=True))
    assert (lamp.state, buzzer.state) == (1, 0)
    panel.show(Levels(buzzer=True))
    assert (lamp.state, buzzer.state) == (0, 1)
    panel.close()
    panel.close()
    assert (lamp.state, buzzer.state) == (0, 0)


def test_a_panel_with_nothing_wired_needs_no_header() -> None:
    panel = GpioPanel(PanelLines())
    panel.show(Levels(lamp=True, buzzer=True))
    assert panel.contacts() == Contacts()


def test_a_lost_line_is_told_as_a_fault_of_the_door() -> None:
    factory = MockFactory()
    factory.pin(LAMP).close()
    panel = wired(factory)
    factory.pin(LAMP).input_with_pull("up")
    with pytest.raises(DoorHardwareError, match="The lamp or the buzzer cannot be set"):
        panel.show(Levels())


def test_the_configuration_names_the_pins_and_none_twice() -> None:
    pins = {"fire_pin": FIRE, "tamper_pin": TAMPER, "other_door_pin": OTHER, "lamp_pin": LAMP}
    settings = load(None, {"panel": pins, "liveness": {"waiver": WAIVER}})
    assert panel_lines(settings) == PanelLines(contact(FIRE), contact(TAMPER), contact(OTHER), LAMP)
    with pytest.raises(ConfigError, match="one pin twice"):
        panel_lines(load(None, {"panel": {"lamp_pin": 17}}))


def test_a_simulated_door_has_a_panel_with_nothing_wired() -> None:
    settings = load(None, {"door": {"hardware": "simulated"}, "panel": {"fire_pin": FIRE}})
    assert wiring.panel(settings).contacts() == Contacts()
