"""What a replay saw, drawn onto the frame for a person to look at."""

import cv2
import numpy as np

from edge_gate.access.events import AccessGranted
from edge_gate.face.frame import Pixels
from edge_gate.service.replay import Shown

RED, GREEN, GREY, WHITE = (60, 60, 220), (80, 180, 60), (150, 150, 150), (255, 255, 255)
FONT = cv2.FONT_HERSHEY_SIMPLEX
BAR = 28
"""Height of the line below the picture that says how the door stands, pixels."""


def annotated(shown: Shown, caption: str = "") -> Pixels:
    """The frame with a box and a word for each face, and a bar for the strike: (h + 28, w, 3) uint8, BGR."""
    frame = shown.frame.full.bgr()
    canvas = np.zeros((frame.shape[0] + BAR, frame.shape[1], 3), np.uint8)
    canvas[: frame.shape[0]] = frame
    if shown.watched.look:
        look = shown.watched.look
        sightings = {sighting.track: sighting for sighting in look.sightings}
        for followed in look.faces:
            sighting = sightings.get(followed.track)
            left, top, width, height = (round(edge) for edge in followed.face.box)
            if sighting is None:
                colour, words = WHITE, ""
            elif sighting.flaws:
                colour, words = GREY, sighting.flaws[0].advice
            else:
                colour, words = WHITE, f"{sighting.subject or '?'} {sighting.score:.2f}"
                words += "" if sighting.live is None else f" live {sighting.live:.2f}"
            cv2.rectangle(canvas, (left, top), (left + width, top + height), colour, 2)
            cv2.putText(canvas, words, (left, max(14, top - 6)), FONT, 0.5, colour, 1, cv2.LINE_AA)
    released = shown.door.strike_released
    canvas[-BAR:] = GREEN if released else RED
    granted = [told.event.subject for told in shown.told if isinstance(told.event, AccessGranted)]
    words = f"strike {'RELEASED' if released else 'secured'}   {shown.door.state}   {caption}"
    words += f"   granted: {', '.join(granted)}" if granted else ""
    cv2.putText(canvas, words, (8, canvas.shape[0] - 9), FONT, 0.5, WHITE, 1, cv2.LINE_AA)
    return canvas
