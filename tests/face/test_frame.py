"""What is a picture, and what is refused as none."""

import numpy as np
import pytest

from edge_gate.face.frame import Picture, PixelFormat


@pytest.mark.parametrize(
    ("layout", "shape"),
    [(PixelFormat.BGR, (480, 640, 3)), (PixelFormat.I420, (720, 640))],
)
def test_a_picture_says_how_large_it_is_whatever_its_layout(
    layout: PixelFormat, shape: tuple[int, ...]
) -> None:
    picture = Picture(np.zeros(shape, np.uint8), layout)
    assert (picture.width, picture.height) == (640, 480)
    assert picture.bgr().shape == (480, 640, 3)
    assert picture.luma().shape == (480, 640)


@pytest.mark.parametrize(
    ("layout", "shape", "dtype"),
    [
        (PixelFormat.BGR, (480, 640), np.uint8),
        (PixelFormat.BGR, (480, 640, 4), np.uint8),
        (PixelFormat.BGR, (480, 640, 3), np.float32),
        (PixelFormat.BGR, (0, 640, 3), np.uint8),
        (PixelFormat.BGR, (480, 0, 3), np.uint8),
        (PixelFormat.I420, (480, 640, 3), np.uint8),
        (PixelFormat.I420, (719, 640), np.uint8),
        (PixelFormat.I420, (720, 639), np.uint8),
        (PixelFormat.I420, (720, 640), np.int8),
        (PixelFormat.I420, (0, 640), np.uint8),
    ],
)
def test_what_is_no_picture_is_refused(
    layout: PixelFormat, shape: tuple[int, ...], dtype: type[np.generic]
) -> None:
    with pytest.raises(ValueError, match=f"not a {layout} picture"):
        Picture(np.zeros(shape, dtype), layout)
