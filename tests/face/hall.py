"""A hall to watch, in luma alone: cheap enough for a thousand evenings of bad light."""

import numpy as np

from edge_gate.face.frame import Floats, Picture, PixelFormat

HEIGHT, WIDTH, FPS = 240, 320, 15
FACE = 30
"""Width in pixels of the smallest face a door compares: 60 in a picture 640 wide."""


class Hall:
    """One hall under one evening's light: lamps that flicker, dusk, steps of the exposure, a noisy sensor.

    Args:
        seed: of everything.
        flicker: most depth of the lamps' flicker; the rolling shutter makes bands of it.
        noise: most standard deviation of a pixel's noise, grey levels.
        step: most change of the exposure from one frame to the next, as a factor; 1 is none.
    """

    def __init__(self, seed: int, *, flicker: float = 0.15, step: float = 1.6, noise: float = 4) -> None:
        rng = self._rng = np.random.default_rng(seed)
        y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
        self._wall = np.full((HEIGHT, WIDTH), rng.uniform(50, 150), np.float32)
        for _ in range(4):
            angle, pitch = rng.uniform(0, np.pi), rng.uniform(30, 200)
            self._wall += rng.uniform(3, 15) * np.sin((np.cos(angle) * x + np.sin(angle) * y) * 6.28 / pitch)
        for _ in range(6):
            left, top = rng.integers(0, WIDTH), rng.integers(0, HEIGHT)
            self._wall[top : top + rng.integers(20, 120), left : left + rng.integers(20, 120)] += rng.uniform(
                -40, 40
            )
        self._noise = rng.normal(0, rng.uniform(0.2 * noise, noise), (2 * HEIGHT, WIDTH)).astype(np.float32)
        self._depth, self._hertz = rng.uniform(0, flicker), rng.choice([50, 60]) * 2
        self._drift = rng.uniform(0.98, 1.02)
        self._band = rng.uniform(0.3, 3) * 6.28 / HEIGHT
        self._dusk = rng.uniform(0, 0.01)
        self._steps = rng.random(400) < 0.03
        self._exposure, self._step = 1.0, step
        self._contrast = rng.choice([-1, 1]) * rng.uniform(20, 60)
        self._size = rng.uniform(1, 3)
        self._place = rng.uniform(0.15, 0.85) * WIDTH, rng.uniform(0.2, 0.5) * HEIGHT

    def picture(self, number: int, arrived: float) -> Picture:
        """Frame `number`, with the person that share of the way in: 0 out of view, 1 there."""
        scene = self._wall.copy()
        if arrived > 0:
            self._person(scene, arrived)
        if self._steps[number % 400]:
            self._exposure = float(self._rng.uniform(1 / self._step, self._step))
        light = self._exposure * (1 - self._dusk) ** (number / FPS)
        rows = np.arange(HEIGHT, dtype=np.float32)
        phase = 6.28 * self._hertz * self._drift * number / FPS + rows * self._band
        scene *= (light * (1 + self._depth * np.sin(phase)))[:, None].astype(np.float32)
        start = int(self._rng.integers(0, HEIGHT))
        scene += np.roll(self._noise[start : start + HEIGHT], int(self._rng.integers(0, WIDTH)), axis=1)
        luma = np.clip(scene, 0, 255).astype(np.uint8)
        grey = np.full((HEIGHT // 2, WIDTH), 128, np.uint8)
        return Picture(np.concatenate([luma, grey]), PixelFormat.I420)

    def _person(self, scene: Floats, arrived: float) -> None:
        width = FACE * self._size
        x, y = self._place
        side = -width if x < WIDTH / 2 else WIDTH + width
        x = side + (x - side) * arrived
        columns, rows = np.arange(WIDTH), np.arange(HEIGHT)
        head = ((columns - x) / (width / 2)) ** 2 + ((rows[:, None] - y) / (0.65 * width)) ** 2 < 1
        body = (np.abs(columns - x) < width) & (rows[:, None] > y + 0.6 * width)
        scene[head] = scene[head].mean() + self._contrast if head.any() else 0
        scene[body] -= 0.7 * self._contrast
