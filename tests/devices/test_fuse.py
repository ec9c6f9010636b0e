"""A process that leaves the strike released past its deadline, ended by the kernel."""

import signal
import subprocess
import sys
import time

LIT = """
import os, signal, sys, time
from edge_gate.devices.clock import SystemClock
from edge_gate.devices.fuse import KernelFuse
fuse = KernelFuse()
fuse.burn(SystemClock().now() + {after})
{then}
print("lives", flush=True)
"""


def lit(after: int, then: str) -> tuple[int, float]:
    """How a process ended that lit a fuse, and after how long."""
    code = LIT.format(after=after, then=then)
    begun = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=30, check=False)
    return done.returncode, time.monotonic() - begun


def test_a_stopped_process_is_ended_by_the_kernel_at_the_instant() -> None:
    code, lasted = lit(300, "os.kill(os.getpid(), signal.SIGSTOP)")
    assert code == -signal.SIGKILL
    assert lasted >= 0.3


def test_an_instant_that_is_past_ends_it_at_once() -> None:
    code, _ = lit(-5_000, "time.sleep(20)")
    assert code == -signal.SIGKILL


def test_a_fuse_put_out_in_time_ends_nobody() -> None:
    assert lit(200, "fuse.burn(None); time.sleep(0.5)")[0] == 0


def test_a_fuse_lit_anew_burns_at_the_later_instant() -> None:
    code, lasted = lit(
        200, "fuse.burn(SystemClock().now() + 900); os.write(1, b''); os.kill(os.getpid(), signal.SIGSTOP)"
    )
    assert code == -signal.SIGKILL
    assert lasted >= 0.9


def test_a_kernel_that_grants_no_timer_is_told_and_the_daemon_does_not_begin() -> None:
    limited = "import resource; resource.setrlimit(resource.RLIMIT_SIGPENDING, (0, 0));"
    code = f"{limited} from edge_gate.devices.fuse import KernelFuse; KernelFuse()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "DoorHardwareError: The kernel grants no timer" in done.stderr
