"""Clips and folders of pictures, shown as a camera would show them."""

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_gate.devices.footage import Clip, Footage, Reel, Stills, clip
from edge_gate.devices.pictures import read_picture
from edge_gate.errors import CameraTimeout, EndOfFootage, UnreadableInput
from edge_gate.face.frame import Frame, Picture, PixelFormat, Pixels
from edge_gate.ports import Camera
from edge_gate.simulated.clock import ManualClock


def shade(index: int) -> Pixels:
    return np.full((48, 64, 3), (20 + 10 * index) % 256, np.uint8)


def film(path: Path, pictures: int, fps: float = 15.0) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"FFV1"), fps, (64, 48))
    for index in range(pictures):
        writer.write(shade(index))
    writer.release()
    return path


def everything(camera: Camera) -> list[Frame]:
    frames = []
    try:
        while True:
            frames.append(camera.capture(1_000))
    except EndOfFootage:
        camera.close()
        return frames


def brightness(frame: Frame) -> int:
    return round((float(frame.full.bgr().mean()) - 20) / 10)


def test_a_clip_keeps_its_own_time_and_loses_no_picture(tmp_path: Path) -> None:
    frames = everything(Footage(Clip(film(tmp_path / "clip.mkv", 7))))

    assert [frame.sequence for frame in frames] == [0, 1, 2, 3, 4, 5, 6]
    assert [frame.captured for frame in frames] == [0, 67, 133, 200, 267, 333, 400]
    assert [brightness(frame) for frame in frames] == [0, 1, 2, 3, 4, 5, 6]


def plain(path: Path, pictures: int, header: str = "W64 H48 F15:1") -> Path:
    """A clip that is not compressed."""
    shown = (cv2.cvtColor(shade(index), cv2.COLOR_BGR2YUV_I420).tobytes() for index in range(pictures))
    path.write_bytes(f"YUV4MPEG2 {header}\n".encode() + b"".join(b"FRAME\n" + each for each in shown))
    return path


@pytest.mark.parametrize("header", ["W64 H48 F15:1", "W64 H48 F15:1 Ip A1:1 C420mpeg2 XYSCSS=420MPEG2"])
def test_a_clip_that_is_not_compressed_is_taken_as_it_lies(header: str, tmp_path: Path) -> None:
    reel = clip(plain(tmp_path / "clip.y4m", 20, header))
    reel.skip()
    frames = everything(Footage(reel))

    assert [frame.captured for frame in frames[:3]] == [0, 67, 133]
    assert [brightness(frame) for frame in frames] == list(range(1, 20))
    assert {frame.full.format for frame in frames} == {PixelFormat.I420}
    assert {frame.full.bgr().shape for frame in frames} == {(48, 64, 3)}


def test_the_same_clip_twice_gives_the_same_frames(tmp_path: Path) -> None:
    clip = film(tmp_path / "clip.mkv", 301, fps=30000 / 1001)
    first, second = everything(Footage(Clip(clip))), everything(Footage(Clip(clip)))

    assert [frame.captured for frame in first[:5]] == [0, 33, 67, 100, 133]
    assert first[300].captured == 10_010
    for one, other in zip(first, second, strict=True):
        assert (one.sequence, one.captured) == (other.sequence, other.captured)
        np.testing.assert_array_equal(one.full.pixels, other.full.pixels)


def test_a_day_of_footage_does_not_drift() -> None:
    class Endless:
        rate = Fraction(30000, 1001)

        def read(self) -> Picture:
            return Picture(shade(0))

        def skip(self) -> None: ...

        def close(self) -> None: ...

    clock = ManualClock()
    reel: Reel = Endless()
    camera = Footage(reel, clock)
    camera.capture(100)
    clock.advance(86_400_000)

    late = camera.capture(100)
    assert late.sequence == 86_400_000 * 30 // 1001
    assert 86_400_000 - 34 < late.captured <= 86_400_000


def test_at_real_time_a_clip_waits_for_each_picture_and_drops_what_is_late(tmp_path: Path) -> None:
    clock = ManualClock(now=10_000)
    clip = Clip(film(tmp_path / "clip.mkv", 10, fps=10))
    camera = Footage(clip, clock, pause=lambda seconds: clock.advance(round(seconds * 1000)))

    assert camera.capture(1_000).captured == 10_000
    assert camera.capture(1_000).captured == clock.now() == 10_100
    clock.advance(350)
    late = camera.capture(1_000)
    assert (late.sequence, late.captured, brightness(late)) == (4, 10_400, 4)
    clock.advance(10_000)
    with pytest.raises(EndOfFootage):
        camera.capture(1_000)


def test_at_real_time_a_clip_passes_over_what_nobody_would_look_at(tmp_path: Path) -> None:
    clock, pauses = ManualClock(now=10_000), list[float]()

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        clock.advance(round(seconds * 1000))

    camera = Footage(clip(plain(tmp_path / "clip.y4m", 20)), clock, pause)
    camera.capture(1_000)
    frame = camera.capture(1_000, since=10_090)
    assert (frame.sequence, frame.captured, clock.now(), brightness(frame)) == (2, 10_133, 10_133, 2)
    assert pauses == [0.133]
    assert camera.capture(1_000, since=10_133).sequence == 3


def test_at_real_time_no_capture_outlasts_its_timeout(tmp_path: Path) -> None:
    clock = ManualClock()
    clip = Clip(film(tmp_path / "clip.mkv", 3, fps=1))
    camera = Footage(clip, clock, pause=lambda seconds: clock.advance(round(seconds * 1000)))
    camera.capture(100)

    with pytest.raises(CameraTimeout):
        camera.capture(600)
    assert clock.now() == 600
    assert camera.capture(600).captured == 1_000


@pytest.mark.parametrize("content", [b"", b"not a clip", None], ids=["empty", "text", "header only"])
def test_a_clip_of_no_pictures_is_unreadable(content: bytes | None, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mkv"
    clip.write_bytes(film(clip, 3).read_bytes()[:300] if content is None else content)

    with pytest.raises(UnreadableInput, match=r"clip\.mkv is not a whole clip"):
        Clip(clip)


def test_a_clip_that_breaks_off_is_unreadable_rather_than_over(tmp_path: Path) -> None:
    clip = film(tmp_path / "clip.mkv", 40)
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])

    with pytest.raises(UnreadableInput, match=r"breaks off after \d+ of 40 pictures"):
        everything(Footage(Clip(clip)))


def test_a_plain_clip_that_breaks_off_or_slips_is_unreadable_rather_than_over(tmp_path: Path) -> None:
    path = plain(tmp_path / "clip.y4m", 4)
    whole = path.read_bytes()
    for damaged in (whole[:-1], whole[:-6000] + b"x" + whole[-6000:]):
        path.write_bytes(damaged)
        with pytest.raises(UnreadableInput, match="breaks off after 3 pictures"):
            everything(Footage(clip(path)))


@pytest.mark.parametrize(
    "header",
    [
        "",
        "W64 H48",
        "W64 H48 F0:0",
        "W64 H48 F0:1",
        "W63 H48 F15:1",
        "W64 H0 F15:1",
        "W64 H48 F15:1 C444",
        "W\xff",
    ],
)
def test_a_plain_clip_of_another_layout_is_refused_with_what_to_do(header: str, tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match="is no clip of 8-bit 4:2:0 pictures") as refused:
        clip(plain(tmp_path / "clip.y4m", 2, header))
    assert "ffmpeg" in refused.value.next


def test_a_plain_clip_without_one_whole_picture_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match="not one picture"):
        clip(plain(tmp_path / "clip.y4m", 0))


def test_a_missing_clip_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match=r"no clip at .*gone\.mp4"):
        clip(tmp_path / "gone.mp4")
    with pytest.raises(UnreadableInput, match=r"no clip at .*gone\.y4m"):
        clip(tmp_path / "gone.y4m")


def test_a_folder_is_shown_in_the_order_of_its_names(tmp_path: Path) -> None:
    for name, index in (("b.png", 1), ("a.JPG", 0), ("c.jpeg", 2)):
        encoded = cv2.imencode(Path(name).suffix.lower(), shade(index))[1]
        (tmp_path / name).write_bytes(encoded.tobytes())
    (tmp_path / "notes.txt").write_text("not a picture")

    frames = everything(Footage(Stills(tmp_path)))

    assert [brightness(frame) for frame in frames] == [0, 1, 2]
    assert [frame.captured for frame in frames] == [0, 100, 200]


def test_an_empty_folder_and_a_missing_one_are_unreadable(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match="holds no JPEG or PNG"):
        Stills(tmp_path)
    with pytest.raises(UnreadableInput, match="no folder"):
        Stills(tmp_path / "gone")


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
@pytest.mark.parametrize("kept", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_a_truncated_picture_is_refused_wherever_it_was_cut(suffix: str, kept: float, tmp_path: Path) -> None:
    noise = np.random.default_rng(5).integers(0, 255, (120, 160, 3), dtype=np.uint8)
    whole = cv2.imencode(suffix, noise)[1].tobytes()
    path = tmp_path / f"photo{suffix}"
    path.write_bytes(whole)
    assert (read_picture(path).width, read_picture(path).height) == (160, 120)

    path.write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(UnreadableInput, match="is not a whole picture"):
        read_picture(path)


def test_a_missing_picture_and_a_foreign_format_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match="No such file"):
        read_picture(tmp_path / "gone.jpg")
    with pytest.raises(UnreadableInput, match="not named as a JPEG or PNG"):
        read_picture(tmp_path / "photo.gif")
