"""Which pins the door and its panel hang on, as the configuration says."""

from edge_gate.config import Settings
from edge_gate.devices.gpio import GpioLines, InputLine, PanelLines
from edge_gate.errors import ConfigError


def door_lines(settings: Settings) -> GpioLines:
    """Which pins the door hangs on.

    Raises:
        ConfigError: if a pin cannot be what the configuration makes of it.
    """
    chosen = settings.door
    return GpioLines(
        chosen.strike_pin,
        None if chosen.position_pin < 0 else InputLine(chosen.position_pin, active="high"),
        None if chosen.rex_pin < 0 else InputLine(chosen.rex_pin, active="low"),
    )


def panel_lines(settings: Settings) -> PanelLines:
    """Which pins the panel hangs on. Inputs rest closed to ground, so that a cut wire counts as active.

    Raises:
        ConfigError: if there is no such pin, or one is named twice, be it the door's or a reader's.
    """
    chosen, door = settings.panel, settings.door
    named = [door.strike_pin, door.position_pin, door.rex_pin, chosen.fire_pin, chosen.tamper_pin]
    named += [chosen.other_door_pin, chosen.lamp_pin, chosen.buzzer_pin]
    for reader in (*settings.readers.inward, *settings.readers.outward):
        kind, _, pins = reader.partition(":")
        named += map(int, pins.split(",")) if kind == "wiegand" else ()
    used = [pin for pin in named if pin >= 0]
    if len(set(used)) < len(used):
        raise ConfigError(f"[door], [panel] and [readers] name one pin twice among {used}")

    def contact(pin: int) -> InputLine | None:
        return None if pin < 0 else InputLine(pin, active="high")

    return PanelLines(
        contact(chosen.fire_pin),
        contact(chosen.tamper_pin),
        contact(chosen.other_door_pin),
        None if chosen.lamp_pin < 0 else chosen.lamp_pin,
        None if chosen.buzzer_pin < 0 else chosen.buzzer_pin,
    )
