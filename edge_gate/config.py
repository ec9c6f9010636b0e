"""The configuration: `default.toml` says what there is, a file of the site's own says what differs."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta, Struct

from edge_gate.errors import ConfigError

INSTALLED = Path("/etc/edge_gate/edge_gate.toml")
"""Where the installed service's configuration lies."""

WAIVER = "a photograph may open this door"
"""The words that let a pack without a liveness model run."""

CONSENT = "everybody at this door has agreed to be measured"
"""The words that let the journal be evaluated."""

Pin = Annotated[int, Meta(ge=-1, le=27)]
Pixels = Annotated[int, Meta(ge=64, le=8192)]
Share = Annotated[float, Meta(ge=0, le=1)]
Luma = Annotated[float, Meta(ge=0, le=255)]
ReaderName = Annotated[
    str,
    Meta(
        pattern=r"^(wiegand:\d{1,2},\d{1,2}|hid:.+|osdp:[^,]+,\d{1,3},.+)$",
        description="wiegand:D0,D1, hid:DEVICE or osdp:PORT,ADDRESS,KEYFILE",
    ),
]
UpToAMinute = Annotated[int, Meta(ge=1, le=60_000)]
UpToAnHour = Annotated[int, Meta(ge=1, le=3_600_000)]


class _Table(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class CameraSettings(_Table, frozen=True):
    """``[camera]``."""

    source: Annotated[
        str,
        Meta(
            pattern=r"^(picamera2$|v4l2:.|rtsps?://.|file:.|images:.|scene:.)",
            description="picamera2, v4l2:DEVICE, rtsp://ADDRESS, file:CLIP, images:FOLDER or scene:FILE",
        ),
    ]
    width: Pixels
    height: Pixels
    fps: Annotated[int, Meta(ge=1, le=120)]
    timeout_ms: UpToAMinute
    locked_exposure: bool


class ModelSettings(_Table, frozen=True):
    """``[models]``."""

    pack: str
    liveness: str
    directory: str


class FaceSettings(_Table, frozen=True):
    """``[face]``."""

    width_px: Annotated[float, Meta(ge=16, le=4096)]
    inside: Share
    turn: Annotated[float, Meta(ge=0, le=2)]
    sharpness: Annotated[float, Meta(ge=0, le=10)]
    darkest: Luma
    brightest: Luma


class DecisionSettings(_Table, frozen=True):
    """``[decision]``."""

    agreeing: Annotated[int, Meta(ge=1, le=30)]
    window_ms: Annotated[int, Meta(ge=100, le=10_000)]
    lead: Annotated[float, Meta(ge=0, le=2)]
    flawed_ms: UpToAMinute
    repeat_ms: UpToAMinute
    grant_max_age_ms: Annotated[int, Meta(ge=50, le=5_000)]


class BudgetSettings(_Table, frozen=True):
    """``[budget]``."""

    false_opens: Annotated[float, Meta(gt=0, lt=1)]
    false_rejects: Annotated[float, Meta(gt=0, le=1)]
    attempts_a_day: Annotated[float, Meta(ge=0, le=100_000)]
    expert_threshold: Annotated[float, Meta(ge=0, le=1)]


class LivenessSettings(_Table, frozen=True):
    """``[liveness]``."""

    waiver: Literal["", "a photograph may open this door"]


class EvaluationSettings(_Table, frozen=True):
    """``[evaluation]``."""

    consent: Literal["", "everybody at this door has agreed to be measured"]


class DoorSettings(_Table, frozen=True):
    """``[door]``."""

    hardware: Annotated[
        str, Meta(pattern=r"^(gpio|simulated|rig:.+)$", description="gpio, simulated or rig:SOCKET")
    ]
    strike_pin: Annotated[int, Meta(ge=0, le=27)]
    position_pin: Pin
    rex_pin: Pin
    debounce_ms: Annotated[int, Meta(ge=0, le=1_000)]
    unlock_ms: UpToAMinute
    held_open_ms: UpToAnHour
    shunt_ms: UpToAMinute
    pre_alarm_ms: Annotated[int, Meta(ge=0, le=3_600_000)]
    stuck_ms: UpToAnHour
    relock: Literal["open", "close"]
    rex: Literal["unlock", "shunt"]
    lock: Literal["fail_secure", "fail_safe"]


class PanelSettings(_Table, frozen=True):
    """``[panel]``."""

    fire_pin: Pin
    tamper_pin: Pin
    other_door_pin: Pin
    lamp_pin: Pin
    buzzer_pin: Pin


class AccessSettings(_Table, frozen=True):
    """``[access]``."""

    verification: str
    timed: list[str]
    zone: str
    without_clock: bool
    persons: Literal[1, 2]
    passback: Literal["off", "hard", "soft", "timed"]
    passback_again_ms: Annotated[int, Meta(ge=1, le=86_400_000)]
    open_hours: str
    open_hours_groups: list[str]
    toggle: bool
    patience_ms: UpToAMinute
    credential_tries: Annotated[int, Meta(ge=1, le=100)]
    door_tries: Annotated[int, Meta(ge=1, le=1_000)]
    lockout_ms: UpToAnHour


class ReaderSettings(_Table, frozen=True):
    """``[readers]``."""

    inward: list[ReaderName]
    outward: list[ReaderName]


class StoreSettings(_Table, frozen=True):
    """``[store]``."""

    state: str
    key: str
    journal_queue: Annotated[int, Meta(ge=10, le=1_000_000)]
    keep_days: Annotated[int, Meta(ge=0, le=3650)]


class ControlSettings(_Table, frozen=True):
    """``[control]``."""

    socket: str
    group: str
    pictures: bool


class Settings(_Table, frozen=True):
    """A whole configuration, every key present and in range; `default.toml` explains each."""

    camera: CameraSettings
    models: ModelSettings
    face: FaceSettings
    decision: DecisionSettings
    budget: BudgetSettings
    liveness: LivenessSettings
    evaluation: EvaluationSettings
    door: DoorSettings
    panel: PanelSettings
    access: AccessSettings
    readers: ReaderSettings
    store: StoreSettings
    control: ControlSettings


Tables: TypeAlias = dict[str, dict[str, Any]]


def default_text() -> str:
    """The commented default configuration, as a site's first file."""
    return Path(__file__).with_name("default.toml").read_text()


def load(path: Path | None, changes: Tables | None = None) -> Settings:
    """The defaults, changed by a file, changed by what a command says.

    Args:
        path: the site's file; None for the defaults alone.
        changes: tables of keys, as in the file.

    Raises:
        ConfigError: if the file cannot be read, or a key is unknown, of the wrong kind or out of range;
            the message names the file, the key and what is allowed.
    """
    tables: Tables = {name: dict(keys) for name, keys in _defaults().items()}
    if path is not None:
        _overlay(tables, _read(path), str(path))
    _overlay(tables, changes or {}, "the command line")
    try:
        return msgspec.convert(tables, Settings)
    except msgspec.ValidationError as error:
        raise _explained(error, tables, str(path or "the command line")) from None


@cache
def _defaults() -> Tables:
    return tomllib.loads(default_text())


def _read(path: Path) -> Tables:
    try:
        return tomllib.loads(path.read_text())
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read ({error.strerror})", "Name another file with --config"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{path} is not TOML: {error}", "Mend that line, then run `edge-gate check`"
        ) from error


def _overlay(tables: Tables, changes: Tables, source: str) -> None:
    for table, keys in changes.items():
        if table not in tables:
            raise ConfigError(f"{source}: there is no table [{table}]; there are {_listed(tables)}")
        if not isinstance(keys, dict):
            raise ConfigError(f"{source}: [{table}] must be a table of keys, not {keys!r}")
        for key, value in keys.items():
            if key not in tables[table]:
                raise ConfigError(
                    f"{source}: there is no key {table}.{key}; there are {_listed(tables[table])}"
                )
            tables[table][key] = value


def _explained(error: msgspec.ValidationError, tables: Tables, source: str) -> ConfigError:
    """Msgspec's ``Expected ... - at `$.table.key` `` in our words, with the value and what is allowed."""
    problem, _, where = str(error).partition(" - at `$.")
    table, _, key = where.rstrip("`").partition(".")
    # Of a list, msgspec names the item: `inward[1]`.
    key, _, item = key.partition("[")
    value = tables.get(table, {}).get(key)
    hint = get_type_hints(get_type_hints(Settings)[table], include_extras=True).get(key)
    if item:
        value, (hint,) = tables[table][key][int(item.rstrip("]"))], get_args(hint)
    allowed = problem.replace("`", "")
    if get_origin(hint) is Literal:
        allowed = f"Expected one of {', '.join(repr(choice) for choice in get_args(hint))}"
    for meta in get_args(hint):
        if isinstance(meta, Meta) and meta.description and "regex" in problem:
            allowed = f"Expected {meta.description}"
    return ConfigError(f"{source}: {table}.{key} = {value!r}: {allowed}")


def _listed(names: dict[str, Any]) -> str:
    return ", ".join(names)
