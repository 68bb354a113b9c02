"""A small square code of black and white cells, drawn and read here: it arrives only where pixels do, and upright.

Thirteen cells a side: a white rim, a black frame, a white ring, and seven by seven cells of data: a token's number in
24 bits and 24 bits of checksum, row by row from the top left, the last cell white.

    KX-34627  ->  the frame around 1011000...  ->  KX-34627
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np

LETTERS = "AEFHKLMNPRTVWXY"
DIGITS = "234679"
"""What a token is made of: characters that OCR takes for no other."""

CELLS = 13
_DATA = 7
_STEP = 8


def number_of(token: str) -> int:
    """A token such as KX-34627 as a number below 2**24."""
    number = LETTERS.index(token[0]) * len(LETTERS) + LETTERS.index(token[1])
    for digit in token[3:]:
        number = number * len(DIGITS) + DIGITS.index(digit)
    return number


def token_of(number: int) -> str | None:
    """The token of a number, None where there is none."""
    digits = ""
    for _ in range(5):
        number, digit = divmod(number, len(DIGITS))
        digits = DIGITS[digit] + digits
    first, second = divmod(number, len(LETTERS))
    return f"{LETTERS[first]}{LETTERS[second]}-{digits}" if first < len(LETTERS) else None


def cells(token: str) -> list[list[bool]]:
    """Rows of cells from the top, true where black."""
    payload = number_of(token).to_bytes(3, "big")
    checked = payload + (zlib.crc32(payload) & 0xFFFFFF).to_bytes(3, "big")
    bits = [bool(byte >> shift & 1) for byte in checked for shift in range(7, -1, -1)] + [False]
    rows = [[False] * CELLS for _ in range(CELLS)]
    for at in range(1, CELLS - 1):
        rows[1][at] = rows[CELLS - 2][at] = rows[at][1] = rows[at][CELLS - 2] = True
    for index, bit in enumerate(bits):
        rows[3 + index // _DATA][3 + index % _DATA] = bit
    return rows


def read(image: bytes) -> set[str]:
    """The tokens of all codes in a PNG or JPEG that stand upright (give or take 40 degrees)."""
    grey = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_GRAYSCALE)
    if grey is None:
        raise ValueError("the picture cannot be decoded")
    found: set[str] = set()
    for scale in (1.0, 2.0) if max(grey.shape) < 1600 else (1.0,):
        sized = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC) if scale > 1 else grey
        found.update(token for corners in _frames(sized) if (token := _decoded(sized, corners)))
    return found


def _frames(grey: Any) -> Iterator[Any]:
    """The corners of everything that may be a frame: a dark outline with four corners, at several thresholds."""
    middle, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_OTSU)
    for threshold in sorted({70.0, 110.0, 150.0, 190.0, float(middle)}):
        _, dark = cv2.threshold(grey, threshold, 255, cv2.THRESH_BINARY_INV)
        contours, _ = cv2.findContours(dark, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
        for contour in contours:
            if cv2.contourArea(contour) < 400:
                continue
            corners = cv2.approxPolyDP(contour, 0.05 * cv2.arcLength(contour, True), True)
            if len(corners) == 4 and cv2.isContourConvex(corners):
                yield _ordered(corners.reshape(4, 2).astype(np.float32))


def _ordered(corners: Any) -> Any:
    """Top left, top right, bottom right, bottom left."""
    total, difference = corners.sum(axis=1), corners[:, 0] - corners[:, 1]
    picked = [corners[total.argmin()], corners[difference.argmax()], corners[total.argmax()]]
    return np.array([*picked, corners[difference.argmin()]], np.float32)


def _decoded(grey: Any, corners: Any) -> str | None:
    inner = CELLS - 2
    side = inner * _STEP
    target = np.array([[0, 0], [side, 0], [side, side], [0, side]], np.float32)
    flat = cv2.warpPerspective(grey, cv2.getPerspectiveTransform(corners, target), (side, side))
    shrunk = cv2.resize(flat, (inner, inner), interpolation=cv2.INTER_AREA).astype(float)
    black, white = shrunk[0].mean(), shrunk[1, 1:-1].mean()
    if white - black < 40:
        return None
    data = (shrunk[2:-2, 2:-2] < (black + white) / 2).flatten()
    checked = int("".join("1" if bit else "0" for bit in data[:48]), 2).to_bytes(6, "big")
    if (zlib.crc32(checked[:3]) & 0xFFFFFF).to_bytes(3, "big") != checked[3:]:
        return None
    return token_of(int.from_bytes(checked[:3], "big"))
