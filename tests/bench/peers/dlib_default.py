"""face_recognition as its own example has it: default upsampling, every frame, all of the gallery."""

import sys

import face_recognition
import numpy as np
from common import gallery, measured, portrait

UPSAMPLE = int(sys.argv[3]) if len(sys.argv) > 3 else 1
known = gallery(face_recognition.face_encodings(portrait()[:, :, ::-1].copy())[0])


def look(picture: np.ndarray) -> str | None:
    rgb = np.ascontiguousarray(picture[:, :, ::-1])
    places = face_recognition.face_locations(rgb, number_of_times_to_upsample=UPSAMPLE)
    found = None
    for encoding in face_recognition.face_encodings(rgb, places):
        distances = face_recognition.face_distance(known, encoding)
        best = int(np.argmin(distances))
        found = "enrolled" if best == 0 and distances[best] <= 0.6 else found or "unknown"
    return found


measured(look)
