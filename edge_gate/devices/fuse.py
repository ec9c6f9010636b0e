"""The kernel's own hand on a strike left released: a timer that kills this process, be it stopped or hung.

A process under SIGSTOP runs nothing, so it cannot end a release at its deadline; systemd's watchdog takes
seconds to notice. timer_create(2) with SIGKILL needs nobody to be awake, and a process that is dead is
followed by `ExecStopPost=edge-gate secure`.
"""

import ctypes
import os
import signal

from edge_gate.access.instant import Instant
from edge_gate.errors import DoorHardwareError

CLOCK_MONOTONIC, TIMER_ABSTIME, SIGEV_SIGNAL = 1, 1, 0
"""As in <linux/time.h> and <asm-generic/siginfo.h>."""


class _SigEvent(ctypes.Structure):
    """``struct sigevent`` of a 64-bit Linux."""

    _fields_ = (
        ("value", ctypes.c_void_p),
        ("signo", ctypes.c_int),
        ("notify", ctypes.c_int),
        ("rest", ctypes.c_char * 48),
    )


class _TimeSpec(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_int64), ("nanoseconds", ctypes.c_int64))


class _TimerSpec(ctypes.Structure):
    _fields_ = (("every", _TimeSpec), ("at", _TimeSpec))


class KernelFuse:
    """A timer of this process's, put out until told.

    Raises:
        DoorHardwareError: here and in `burn`, if the kernel grants none.
    """

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._timer = ctypes.c_void_p()
        self._at: Instant | None = None
        event = _SigEvent(signo=signal.SIGKILL, notify=SIGEV_SIGNAL)
        self._check(self._libc.timer_create(CLOCK_MONOTONIC, ctypes.byref(event), ctypes.byref(self._timer)))

    def burn(self, at: Instant | None) -> None:
        """Be killed at `at`, milliseconds of CLOCK_MONOTONIC; None: not at all."""
        if at == self._at:
            return
        # Zero would put the timer out, where an instant that is past must fire at once.
        seconds, rest = divmod(0 if at is None else max(at, 1), 1000)
        spec = _TimerSpec(at=_TimeSpec(seconds, rest * 1_000_000))
        self._check(self._libc.timer_settime(self._timer, TIMER_ABSTIME, ctypes.byref(spec), None))
        self._at = at

    def _check(self, failed: int) -> None:
        if failed:
            reason = os.strerror(ctypes.get_errno())
            raise DoorHardwareError(
                f"The kernel grants no timer to end a release with: {reason}",
                "Run it on Linux, as the unit that comes with it does",
            )
