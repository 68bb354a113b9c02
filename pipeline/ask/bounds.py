"""How much an answer is asked for, so that the longest one that its schema allows has room in its reserve.

A model that repeats itself writes until a bound stops it. Where that is the bound of the schema, the answer is whole;
where it is the output cap, the answer is cut, and what is asked again in halves is cut again. So the strings and lists
that are asked for whatever the user's schema take no more than the reserve, or four fifths of it where fields are asked
for too, at one token a character:

    reserve 2,048    summary 650, 4 key points of up to 2 * 118                        no pictures
                     summary 650, 2 key points, 1 figure of 330                        one picture
    reserve 16,384   summary 2,000, 18 key points, 1 figure of 1,200, 10 readings      one picture

A picture's description is not made shorter than an eighth of the reserve or 800 characters: with many pictures such an
answer may be cut, and its halves hold fewer. Lists of the user's are not bounded by this, since all rows must come.
"""

from __future__ import annotations

from dataclasses import dataclass

MEMBER = 16
"""Tokens of an object's member beside its value: its name, quotes, colon and comma, and the white space of grammars."""
NUMBER = 24
"""Tokens of the longest integer that grammars let through: 16 digits and a sign, one token each, and white space."""
QUOTE_CHARS = 300
STRING_CHARS = 4000
"""Longest string asked for where the user sets no bound."""
KEY_POINTS, KEY_POINT_CHARS, LEAST_POINT_CHARS = 24, 240, 100
"""Most key points that one request is asked for, and the longest text and quote of one: no point is shorter."""
CHOICES = 10
"""Most key points that are chosen where summaries are joined."""
FIGURE_CHARS, LEAST_FIGURE_CHARS, FIGURE_ID_CHARS = 1200, 800, 40
READINGS, READING_CHARS = 24, 24
"""Most values that are read off the charts of one request, and the longest name, place or value of one."""
SEALS_TOKENS = 128
"""What seals that come back take, at the most."""
ITEM_TOKENS = 16
"""Fewest tokens that an item of an array takes in an answer: it bounds the arrays of the user's schema."""

READINGS_SHARE = 6
"""What is left beside the summary, divided by this, may be values of charts."""

_ENVELOPE = 6 * MEMBER
_POINT_MARKS = NUMBER + 4 * MEMBER
_FIGURE_MARKS = FIGURE_ID_CHARS + 4 * MEMBER
_READING_TOKENS = FIGURE_ID_CHARS + 4 * READING_CHARS + 6 * MEMBER
_FIELD_MARKS = 2 * NUMBER + 8 * MEMBER


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most that an answer is asked for: characters of strings, items of lists.

    `point` is the length of a key point's text and of its quote; `string` that of a field's value, `items` the length
    of a list of the user's.
    """

    summary: int
    points: int
    point: int
    figures: int
    figure: int
    readings: int
    items: int
    string: int


def bounds_of(
    reserve: int, summary_chars: int, pictures: int, *, fields: bool, sealed: bool, longest: int | None = None
) -> Bounds:
    """The bounds of an answer of `reserve` tokens about so many pictures, with `fields` of the user's or without.

    `longest` is the longest string that the endpoint can be asked for. What the system message tells of these, the
    lengths of a summary and of a key point, does not depend on the pictures.
    """
    cap = STRING_CHARS if longest is None else longest
    room = max((4 * reserve // 5 if fields else reserve) - _ENVELOPE - sealed * SEALS_TOKENS, 0)
    summary = max(min(summary_chars, room // 3, longest or summary_chars), 1)
    left = max(room - summary, 0)
    least = min(reserve // 8, LEAST_FIGURE_CHARS)
    shown = min(left // 3, pictures * (FIGURE_CHARS + _FIGURE_MARKS))
    readings = min(left // READINGS_SHARE // _READING_TOKENS, READINGS) if pictures else 0
    figure = max(min(shown // pictures - _FIGURE_MARKS, FIGURE_CHARS), least, 1) if pictures else 1
    points = min(left // (2 * LEAST_POINT_CHARS + _POINT_MARKS), KEY_POINTS)
    point = min((left // points - _POINT_MARKS) // 2, KEY_POINT_CHARS) if points else LEAST_POINT_CHARS
    return Bounds(
        summary=summary,
        points=min((left - shown - readings * _READING_TOKENS) // (2 * point + _POINT_MARKS), KEY_POINTS),
        point=point,
        figures=pictures,
        figure=figure,
        readings=readings,
        items=max(reserve // ITEM_TOKENS, 1),
        string=max(min(reserve - QUOTE_CHARS - _FIELD_MARKS - sealed * SEALS_TOKENS, STRING_CHARS, cap), 100),
    )


def choices(reserve: int) -> int:
    """How many key points an answer of so many tokens chooses by their numbers: an eighth of it, and at most ten."""
    return min(reserve // 8 // NUMBER, CHOICES)


def joined_chars(reserve: int, summary_chars: int, longest: int | None = None) -> int:
    """The length of the summary that an answer of so many tokens holds, beside the numbers of key points."""
    room = reserve - 3 * MEMBER - choices(reserve) * NUMBER
    return max(min(summary_chars, room, longest or summary_chars), 1)
