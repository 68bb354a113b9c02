"""Text to sentences, in any script, without rules of one language."""

from __future__ import annotations

import re

# An end mark, closing quotes or brackets, then space (or nothing, in scripts that write none between sentences).
_END = re.compile(r"(?:[.!?…]+[\"'”’»)\]]*(?=\s)|[。！？]+[”’」』）]*|[؟۔।]+(?=\s|$))")
_SHORT = {
    "abb",
    "abs",
    "al",
    "approx",
    "art",
    "aug",
    "av",
    "bd",
    "bzw",
    "ca",
    "cf",
    "cie",
    "co",
    "corp",
    "dec",
    "dept",
    "dr",
    "dipl",
    "ed",
    "eds",
    "eq",
    "est",
    "etc",
    "evtl",
    "feb",
    "fig",
    "figs",
    "gen",
    "geb",
    "ggf",
    "hr",
    "inc",
    "incl",
    "ing",
    "jan",
    "jr",
    "kap",
    "lt",
    "ltd",
    "max",
    "min",
    "mio",
    "mme",
    "mr",
    "mrd",
    "mrs",
    "ms",
    "mt",
    "no",
    "nos",
    "nov",
    "nr",
    "núm",
    "oct",
    "op",
    "p",
    "pag",
    "pp",
    "prof",
    "resp",
    "rev",
    "sec",
    "sep",
    "sept",
    "sog",
    "sr",
    "sra",
    "st",
    "str",
    "tab",
    "tel",
    "u.a",
    "usw",
    "vgl",
    "vol",
    "vs",
    "z.b",
    "e.g",
    "i.e",
    "d.h",
    "u.s",
    "n.v",
    "s.a",
    "a.m",
    "p.m",
    "m",
    "mm",
    "bzgl",
    "inkl",
    "zzgl",
    "exkl",
    "ex",
    "env",
    "jun",
    "jul",
    "mar",
    "apr",
    "fax",
    "c.f",
}
_NUMBERING = re.compile(
    r"^(?:[•●▪■◦‣*–—-]\s+|\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,4})[.)]\s+|\d{1,2}(?:\.\d{1,2}){1,2}\s+(?=[^\W\d_]))+"
)
_COMPANY = {"inc", "corp", "ltd", "co", "cie", "etc", "al", "a.m", "p.m", "n.v", "s.a", "u.s", "jr", "usw"}
_LETTERS = re.compile(r"[^\W\d_]")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uac00-\ud7af]")


def split(text: str) -> list[str]:
    """The sentences of a paragraph, white space collapsed, each a verbatim piece of the collapsed text."""
    text = " ".join(text.split())
    found, start = [], 0
    for end in _END.finditer(text):
        if _breaks(text, start, end):
            found.append(text[start : end.end()].strip())
            start = end.end()
    found.append(text[start:].strip())
    return [bare for bare in (_NUMBERING.sub("", sentence) for sentence in found) if bare]


def _breaks(text: str, start: int, end: re.Match[str]) -> bool:
    """Whether an end mark ends a sentence: not after an abbreviation or an initial, nor before a small letter."""
    if end[0][0] != ".":
        return True
    following = text[end.end() :].lstrip()[:1]
    if following.islower() or following in ",;:":
        return False
    word = text[start : end.start()].rsplit(None, 1)[-1:] or [""]
    last = word[0].lstrip("(\"'“„«[").casefold()
    if last in _COMPANY:
        return bool(following) and not following.isdigit() and following.isupper() and _opens(text[end.end() :])
    if last in _SHORT or (len(last) == 1 and last.isalpha()) or re.fullmatch(r"(?:[a-z]\.)+[a-z]", last):
        return False
    return not (last.isdecimal() and len(last) <= 2 and not following.isdigit() and _month_follows(text[end.end() :]))


_OPENING = re.compile(
    r"\s*(?:The|This|That|These|In|On|At|It|We|Our|He|She|They|If|For|As|Such|Der|Die|Das|Le|La|Les|El)\b"
)


def _opens(text: str) -> bool:
    return bool(_OPENING.match(text))


def _month_follows(text: str) -> bool:
    """An ordinal such as the day in "4. März" stands before a capital letter and ends nothing."""
    return bool(re.match(r"\s*[^\W\d_]+\s+\d{2,4}|\s*[^\W\d_]+\b", text))


def units(text: str) -> int:
    """How long a text is to a reader: words, or characters divided by two in scripts without spaces."""
    return len(text.split()) + len(_CJK.findall(text)) // 2


def is_prose(sentence: str) -> bool:
    """Whether a reader would take it for a full sentence, and not for a heading, a line of a table or of code."""
    length = units(sentence)
    if not 6 <= length <= 90 or "\t" in sentence or "|" in sentence:
        return False
    if sentence[-1:] not in ".!?。！？؟۔।”\"'’»)…" or re.search(r"\.{4,}|(?:\. ){4,}|_{3,}|…{2,}", sentence):
        return False
    letters = len(_LETTERS.findall(sentence))
    if letters < 0.68 * len(sentence.replace(" ", "")):
        return False
    capitals = sum(1 for sign in sentence if sign.isupper())
    if capitals > 0.45 * letters:
        return False
    first = sentence.lstrip("\"'“„«‹([•-–— ")[:1]
    return not first.islower()


_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def words(text: str) -> list[str]:
    """Words for comparing texts: case-folded; where a script writes no spaces, pairs of neighbouring characters."""
    found = []
    for word in _WORD.findall(text.casefold()):
        if _CJK.search(word):
            found += [word[at : at + 2] for at in range(max(1, len(word) - 1))]
        else:
            found.append(word)
    return found
