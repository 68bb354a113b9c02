"""Quotes as models write them, and quotes that a model made up by changing what matters.

`disturb` changes how a quote is written and not what it says. `falsify` changes one thing that it says. Both know
nothing of how quotes are looked up.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

LONG = 8
"""Words from which on a quote may lose one in its middle; with two less, some at its ends."""
SMALL = 12
"""Letters of a word that may be lost: a longer one is no small cut."""
NEGATIONS = frozenset(
    "no not nor none never neither nothing nobody without cannot except unless only nicht kein keine ne pas aucun sans "
    "sin nunca senza mai não sem non geen niet لا ليس لم لن غير دون بدون نه هیچ".split()
)
UNITS = (
    ("million", "billion", "thousand", "trillion"),
    ("EUR", "USD", "GBP", "CHF"),
    ("$", "€", "£", "¥"),
    ("euros", "dollars", "pounds", "yen"),
    ("kg", "mg", "g", "lb"),
    ("km", "cm", "mm", "nm"),
    ("%", "‰"),
    ("percent", "permille"),
    ("per cent", "per mille"),
    ("days", "weeks", "months", "years"),
    ("day", "week", "month", "year"),
    ("hours", "minutes", "seconds"),
    ("MB", "GB", "KB", "TB"),
    ("inches", "feet", "miles", "yards"),
    ("pt", "pc", "px", "em"),
)
MONTHS = (
    ("January February March April May June July August September October November December").split(),
    ("Jan Feb Mar Apr Jun Jul Aug Sep Oct Nov Dec").split(),
)
_LETTERS = re.compile(r"[^\W\d_]+")
_LIGATURES = (("ffi", "ﬃ"), ("ffl", "ﬄ"), ("ff", "ﬀ"), ("fi", "ﬁ"), ("fl", "ﬂ"))
_SIGNS = (("“", '"'), ("”", '"'), ("‘", "'"), ("’", "'"), ("–", "-"), ("—", "-"), ("—", "--"))
_CURLED = (('"', "“"), ('"', "„"), ("'", "’"), ("-", "–"), ("-", "‐"))

Chance = random.Random


@dataclass(frozen=True, slots=True)
class Disturbed:
    """A quote as a model might write it. `first` and `last` are the words that are left of it, both included."""

    text: str
    first: int
    last: int
    ways: tuple[str, ...]


def disturb(words: Sequence[str], chance: Chance) -> Disturbed:
    """The words written by one to three of the ways in which models change a quote."""
    first, last, ways = 0, len(words) - 1, []
    kept = list(words)
    if len(kept) >= LONG - 2 and chance.random() < 0.3:
        front = chance.randint(0, 2)
        back = chance.randint(0 if front else 1, 2)
        first, last, kept = front, last - back, kept[front : len(kept) - back]
        ways.append("cut")
    if len(kept) >= LONG and chance.random() < 0.25:
        gone = _droppable(kept, chance)
        if gone is not None:
            del kept[gone]
            ways.append("word dropped")
    text = " ".join(kept)
    wanted = chance.randint(0 if ways else 1, 2)
    for name in chance.sample(list(WRITINGS), len(WRITINGS)):
        if wanted and (written := WRITINGS[name](text, chance)) != text:
            text, wanted = written, wanted - 1
            ways.append(name)
    if chance.random() < 0.2 or not ways:
        name = chance.choice(list(AROUND))
        text = AROUND[name](text, chance)
        ways.append(name)
    return Disturbed(text, first, last, tuple(ways))


def disturb_row(cells: Sequence[str], chance: Chance) -> Disturbed:
    """A row of a table as models copy one: between pipes or tabs, or with spaces alone; one cell disturbed."""
    written = list(cells)
    at, ways = chance.randrange(len(written)), []
    for name in chance.sample(ROW_WRITINGS, len(ROW_WRITINGS)):
        changed = WRITINGS[name](written[at], chance)
        if changed != written[at]:
            written[at] = changed
            ways.append(name)
            break
    how = chance.choice(("| {} |", "{}", "|{}|"))
    joiner = {"| {} |": " | ", "{}": chance.choice((" ", "\t", " | ")), "|{}|": "|"}[how]
    return Disturbed(how.format(joiner.join(written)), 0, len(cells) - 1, ("row", *ways))


def _droppable(words: Sequence[str], chance: Chance) -> int | None:
    """A word between others that says nothing of numbers, names or negation, and is not what is negated."""
    last = max((place for place, word in enumerate(words) if any(map(str.isalnum, word))), default=0)
    able = [
        place
        for place in range(1, last)
        if words[place].isalpha()
        and words[place].islower()
        and len(words[place]) <= SMALL
        and not any(map(critical, words[place - 1 : place + 1]))
    ]
    return chance.choice(able) if able else None


def critical(word: str) -> bool:
    """Whether a word carries a negation or a unit: no cut that leaves it out is a small one."""
    bare = word.strip(".,;:()").replace("’", "'").casefold()
    return bare in NEGATIONS or bare.endswith("n't") or any(bare == one.casefold() for unit in UNITS for one in unit)


def _spaces(text: str, chance: Chance) -> str:
    gaps = [gap.start() for gap in re.finditer(" ", text)]
    for at in sorted(chance.sample(gaps, min(len(gaps), 3)), reverse=True):
        text = text[:at] + chance.choice(("  ", "\n", "\u00a0", " \n ")) + text[at + 1 :]
    return text


def _space_lost(text: str, chance: Chance) -> str:
    """A space gone that has a letter on either side."""
    gaps = [gap.start() for gap in re.finditer(r"(?<=[^\W\d_]) (?=[^\W\d_])", text)]
    at = chance.choice(gaps) if gaps else None
    return text if at is None else text[:at] + text[at + 1 :]


def _hyphen_added(text: str, chance: Chance) -> str:
    """A long word parted as at the end of a line."""
    words = [word for word in _LETTERS.finditer(text) if len(word[0]) >= 6 and word[0].isascii()]
    if not words:
        return text
    word = chance.choice(words)
    at = word.start() + chance.randint(2, len(word[0]) - 2)
    return text[:at] + chance.choice(("-", "- ", "-\n", "\u00ad")) + text[at:]


def _hyphen_lost(text: str, chance: Chance) -> str:
    places = [one.start() for one in re.finditer(r"(?<=[^\W\d_])-(?=[^\W\d_])", text)]
    at = chance.choice(places) if places else None
    return text if at is None else text[:at] + chance.choice(("", " ")) + text[at + 1 :]


def _case(text: str, chance: Chance) -> str:
    return chance.choice((str.upper, str.lower, lambda one: one[:1].swapcase() + one[1:]))(text)


def _signs(text: str, chance: Chance) -> str:
    pairs = [pair for pair in (*_SIGNS, *_CURLED) if pair[0] in text]
    return text.replace(*chance.choice(pairs)) if pairs else text


def _ligatures(text: str, chance: Chance) -> str:
    pairs = [pair for way in _LIGATURES for pair in (way, way[::-1]) if pair[0] in text]
    return text.replace(*chance.choice(pairs)) if pairs else text


def _emphasis(text: str, chance: Chance) -> str:
    words = text.split(" ")
    first = chance.randrange(len(words))
    last = chance.randint(first, len(words) - 1)
    mark = chance.choice(("**", "*", "_", "`", "**"))
    return " ".join((*words[:first], f"{mark}{' '.join(words[first : last + 1])}{mark}", *words[last + 1 :]))


def _headed(text: str, chance: Chance) -> str:
    return chance.choice(("# ", "### ", "- ", "* ", "> ")) + text


def _ellipsis(text: str, chance: Chance) -> str:
    dots = chance.choice(("...", "…", "[...]", " ..."))
    return chance.choice((f"{dots} {text}", f"{text}{dots}", f"{text} {dots}", f"{dots}{text}{dots}"))


def _omission(text: str, chance: Chance) -> str:
    """Some words in the middle left out, and said so."""
    words = text.split(" ")
    if len(words) < LONG + 4:
        return text
    gone = chance.randint(1, 3)
    first = chance.randint(4, len(words) - 4 - gone)
    if any(critical(word) for word in words[first : first + gone]):
        return text
    return " ".join((*words[:first], chance.choice(("...", "…", "[...]")), *words[first + gone :]))


def _ending(text: str, chance: Chance) -> str:
    """The last sign lost, or one put there."""
    return text[:-1] if text[-1:] in ".,;:" else text + chance.choice((".", ",", ";"))


def _wrapped(text: str, chance: Chance) -> str:
    opening, closing = chance.choice((('"', '"'), ("“", "”"), ("«", "»"), ("'", "'"), ("(", ")")))
    return f"{opening}{text}{closing}"


def _pipes(text: str, chance: Chance) -> str:
    return chance.choice((f"| {text} |", f"| {text}", f"{text} |"))


WRITINGS: dict[str, Callable[[str, Chance], str]] = {
    "spaces": _spaces,
    "space lost": _space_lost,
    "hyphen added": _hyphen_added,
    "hyphen lost": _hyphen_lost,
    "case": _case,
    "signs": _signs,
    "ligatures": _ligatures,
    "emphasis": _emphasis,
    "ellipsis": _ellipsis,
    "omission": _omission,
    "ending": _ending,
}
AROUND: dict[str, Callable[[str, Chance], str]] = {"in quotes": _wrapped, "pipes": _pipes, "headed": _headed}
"""What is put around a quote as a whole, last."""
ROW_WRITINGS = ["spaces", "hyphen added", "hyphen lost", "case", "signs", "ligatures", "emphasis"]


def falsify(words: Sequence[str], others: Sequence[str], chance: Chance) -> tuple[str, str] | None:
    """The words with one thing that they say changed, and what it was; None where nothing of the kind is there.

    `others` are the words of another sentence of the document, from which names and an end are taken.
    """
    names = chance.sample(list(CHANGES), len(CHANGES))
    if chance.random() < 0.5:
        names.sort(key=RARE.__contains__, reverse=True)
    for name in names:
        changed = CHANGES[name](list(words), others, chance)
        if changed is not None and changed != list(words):
            return name, " ".join(changed)
    return None


def _digit(words: list[str], others: Sequence[str], chance: Chance) -> list[str] | None:
    places = [place for place, word in enumerate(words) if re.search("[0-9]", word)]
    if not places:
        return None
    place = chance.choice(places)
    digit = chance.choice([one.start() for one in re.finditer("[0-9]", words[place])])
    word = words[place]
    other = chance.choice([one for one in "0123456789" if one != word[digit]])
    lost = sum(map(str.isdigit, word)) > 1 and chance.random() < 0.3
    words[place] = word[:digit] + ("" if lost else other) + word[digit + 1 :]
    return words


def _negation(words: list[str], others: Sequence[str], chance: Chance) -> list[str] | None:
    places = [place for place, word in enumerate(words) if word.casefold() in NEGATIONS and word != "only"]
    if places and len(words) > 3:
        del words[chance.choice(places)]
        return words
    if len(words) < 4 or not words[0].isascii():
        return None
    after = [place for place, word in enumerate(words) if word in ("is", "are", "was", "were", "can", "will", "may")]
    place = chance.choice(after) + 1 if after else chance.randint(1, len(words) - 1)
    words.insert(place, chance.choice(("not", "not", "never", "no")))
    return words


def _date(words: list[str], others: Sequence[str], chance: Chance) -> list[str] | None:
    places = [(place, months) for place, word in enumerate(words) for months in MONTHS if word.strip(".,") in months]
    years = [place for place, word in enumerate(words) if re.fullmatch(r"\W?(?:19|20)\d\d\W?", word)]
    if places:
        place, months = chance.choice(places)
        month = words[place].strip(".,")
        words[place] = words[place].replace(month, chance.choice([one for one in months if one != month]))
        return words
    if years:
        place = chance.choice(years)
        year = re.sub(r"\D", "", words[place])
        words[place] = words[place].replace(year, str(int(year) + chance.choice((-10, -1, 1, 2))))
        return words
    return None


def _name(words: list[str], others: Sequence[str], chance: Chance) -> list[str] | None:
    """A name for another of the document, or with one letter changed."""
    places = [place for place, word in enumerate(words) if place and _is_name(word)]
    if not places:
        return None
    place = chance.choice(places)
    name = words[place].strip(".,;:()")
    names = [bare for word in others if _is_name(word) and (bare := word.strip(".,;:()")) != name]
    if names and chance.random() < 0.5:
        other = chance.choice(names)
    else:
        at = chance.randrange(1, len(name))
        other = name[:at] + chance.choice([one for one in "aeinorst" if one != name[at]]) + name[at + 1 :]
    words[place] = words[place].replace(name, other)
    return words


def _is_name(word: str) -> bool:
    bare = word.strip(".,;:()")
    return len(bare) >= 4 and bare.isalpha() and bare.isascii() and bare.istitle()


def _unit(words: list[str], others: Sequence[str], chance: Chance) -> list[str] | None:
    text = " ".join(words)
    found = [
        (place, one, unit)
        for unit in UNITS
        for one in unit
        for place in re.finditer(rf"(?<![^\W\d_]){re.escape(one)}(?![^\W\d_])", text)
        if not one.isalpha() or len(one) > 3 or re.search(r"\d\s?$", text[: place.start()])
    ]
    if not found:
        return None
    place, one, unit = chance.choice(found)
    other = chance.choice([another for another in unit if another != one])
    return (text[: place.start()] + other + text[place.end() :]).split(" ")


def _opposite(words: list[str], others: Sequence[str], chance: Chance) -> list[str] | None:
    """A word for its opposite, most of which are written alike."""
    places = [(place, pair) for place, word in enumerate(words) for pair in OPPOSITES if word.casefold() in pair]
    if not places:
        return None
    place, pair = chance.choice(places)
    words[place] = pair[1 - pair.index(words[place].casefold())]
    return words


OPPOSITES = (
    *(("increased", "decreased"), ("increase", "decrease"), ("legal", "illegal"), ("able", "unable")),
    *(("possible", "impossible"), ("include", "exclude"), ("includes", "excludes"), ("before", "after")),
    *(("more", "less"), ("employer", "employee"), ("lessor", "lessee"), ("all", "some"), ("must", "may")),
    *(("valid", "invalid"), ("same", "different"), ("left", "right"), ("upper", "lower"), ("true", "false")),
    *(("first", "second"), ("one", "two"), ("horizontal", "vertical"), ("maximum", "minimum"), ("shall", "may")),
)


def _spliced(words: list[str], others: Sequence[str], chance: Chance) -> list[str] | None:
    """Two words of another sentence in place of two."""
    if len(words) < 6 or len(others) < 4:
        return None
    others = [word for word in others if any(map(str.isalnum, word))]
    if len(others) < 2:
        return None
    place, start = chance.randint(1, len(words) - 3), chance.randint(0, len(others) - 2)
    words[place : place + 2] = others[start : start + 2]
    return words


CHANGES: dict[str, Callable[[list[str], Sequence[str], Chance], list[str] | None]] = {
    "digit": _digit,
    "negation": _negation,
    "date": _date,
    "name": _name,
    "unit": _unit,
    "opposite": _opposite,
    "spliced": _spliced,
}
RARE = frozenset(("date", "unit", "digit", "opposite"))
"""What few sentences have: looked for first, half of the time."""
