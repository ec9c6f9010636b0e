"""The part of picamera2's surface that edge_gate uses, with frames the test hands out; not picamera2."""

from concurrent.futures import Future
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

PADDING = 32


class FakeRequest:
    """A completed request: the luma of row r is r, U is 100 and V is 200; what pads each row is 255."""

    def __init__(self, sizes: dict[str, tuple[int, int]], metadata: dict[str, Any]) -> None:
        self._sizes = sizes
        self._metadata = metadata
        self.released = False

    def get_metadata(self) -> dict[str, Any]:
        return self._metadata

    def make_array(self, name: str) -> Any:
        width, height = self._sizes[name]
        stride = width + PADDING
        luma = np.full((height, stride), 255, np.uint8)
        luma[:, :width] = np.arange(height, dtype=np.uint8)[:, None]
        chroma = np.full((2, height // 2, stride // 2), 255, np.uint8)
        chroma[0, :, : width // 2] = 100
        chroma[1, :, : width // 2] = 200
        return np.concatenate([luma, chroma.reshape(height // 2, stride)])

    def release(self) -> None:
        self.released = True


class FakeJob:
    def __init__(self) -> None:
        self.future: Future[FakeRequest] = Future()
        self.waits: list[float | None] = []

    def get_result(self, timeout: float | None = None) -> FakeRequest:
        self.waits.append(timeout)
        return self.future.result(timeout)


class FakePicamera2:
    def __init__(self) -> None:
        self.configuration: dict[str, Any] = {}
        self.controls: dict[str, Any] = {}
        self.jobs: list[FakeJob] = []
        self.running = False

    def create_video_configuration(self, **wanted: Any) -> dict[str, Any]:
        return wanted

    def configure(self, configuration: dict[str, Any]) -> None:
        self.configuration = configuration

    def camera_configuration(self) -> dict[str, Any]:
        return self.configuration

    def start(self) -> None:
        self.running = True

    def capture_request(self, *, wait: bool) -> FakeJob:
        assert not wait
        self.jobs.append(FakeJob())
        return self.jobs[-1]

    def set_controls(self, controls: dict[str, Any]) -> None:
        self.controls = controls

    def close(self) -> None:
        self.running = False

    def deliver(self, **metadata: Any) -> FakeRequest:
        """A frame arrives for whoever asked last."""
        sizes = {name: self.configuration[name]["size"] for name in ("main", "lores")}
        request = FakeRequest(sizes, metadata)
        self.jobs[-1].future.set_result(request)
        return request


class FakeLibrary(ModuleType):
    """The module `picamera2`, with the one camera it opens."""

    def __init__(self) -> None:
        super().__init__("picamera2")
        self.camera = FakePicamera2()

    def Picamera2(self) -> FakePicamera2:  # noqa: N802 - picamera2's name
        return self.camera


def libcamera() -> ModuleType:
    module = ModuleType("libcamera")
    module.ColorSpace = SimpleNamespace(Smpte170m=lambda: "BT.601")  # type: ignore[attr-defined]
    return module
