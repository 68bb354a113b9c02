"""Whether quotes are found where they stand, and made-up ones are not: on real documents.

    python benchmarks/evidence.py --corpus FOLDER --seeds 1-3 --quotes 1000
    python benchmarks/evidence.py --corpus FOLDER --seeds 1 --ocr --show

Sentences, cells and rows of tables, and values of form fields are taken from pages at random, with the words and boxes
that other engines give (`taken.py`), and written anew as models write quotes (`disturbed.py`). Four of five are looked
up on their page, the fifth on another page of the same request (up to 12 pages in a row); a quote of fewer than 8
letters and digits always on its own, since no short quote is looked for elsewhere.

A quote is found right where it counts as verified, and the words whose centres lie in its boxes are those that were
taken: 90 % of them by letters at least, and with no more than a quarter of other letters. So any place that reads the
same is right, however its letters are parted into words. A value of a field is right where a box touches its field. A
false quote is one thing changed; those that stand in the pages by chance are drawn again, and any that is verified
counts as accepted.

With `--ocr` pages are made into pictures first, so that all that is known of them is what OCR reads.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, quantiles

if not __package__:  # run as a script
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.disturbed import disturb, disturb_row, falsify
from benchmarks.taken import LEFTWARD, Source, Taken, filled, key, pictured
from pipeline.extract.reader import read_document
from pipeline.extract.work import WorkStore
from pipeline.merge.evidence import Evidence, Finder

FOLDERS = ("long", "tables", "forms", "multicolumn", "nonlatin", "figures")
REQUEST = 12
"""Pages of a document that are asked for together."""
MOVED = 0.2
"""Share of quotes that name another page."""
SHORT = 8
"""Letters and digits below which a quote names its own page."""
FORMS = 3
"""How often forms come among the documents, of which there are few."""
RECALL, OTHERS = 0.9, 0.25


@dataclass(frozen=True, slots=True)
class Asked:
    """One quote looked up. `ways` are the changes; `false` says that one of them changes what the quote says."""

    document: str
    kind: str
    false: bool
    ways: tuple[str, ...]
    quote: str
    page: int
    claimed: int
    match: str
    found: int | None
    right: bool
    seconds: float

    @property
    def fails(self) -> bool:
        """Whether a true quote was not found right, or a false one accepted."""
        return self.match not in ("none", "picture") if self.false else not self.right


def right(source: Source, taken: Taken, first: int, last: int, found: Evidence) -> bool:
    """Whether the evidence stands where the words `first` to `last` of what was taken stand, or the same ones."""
    if not found.verified or found.page is None or found.page not in source.words:
        return False
    if taken.kind == "field":
        field = taken.boxes[0]
        touched = any(
            one[0] < field[2] and field[0] < one[2] and one[1] < field[3] and field[1] < one[3] for one in found.boxes
        )
        if touched and found.page == taken.page:
            return True
    wanted, there = _sizes(taken.words[first : last + 1]), _sizes(inside := source.inside(found.page, found.boxes))
    common = (wanted & there).total()
    same = key("".join(inside)) == key("".join(taken.words[first : last + 1]))
    return same or (common >= RECALL * wanted.total() and there.total() - common <= OTHERS * there.total())


def _sizes(words: Sequence[str]) -> Counter[str]:
    """The letters that each word makes up."""
    found: Counter[str] = Counter()
    for word in words:
        found[key(word)] += len(key(word))
    return found


def draw(source: Source, numbers: Sequence[int], wanted: int, chance: random.Random) -> list[Taken]:
    """Texts of those pages at random: three of four fields, half of the rest cells and rows, where there are any."""
    flowing = [one for number in numbers for one in source.sentences(number)]
    ruled = [one for number in chance.sample(numbers, min(len(numbers), 4)) for one in source.rows(number)]
    flowing = [one for one in flowing if len(key("".join(one.words))) > 1]
    ruled = [one for one in ruled if len(key("".join(one.words))) > 1 and len(one.words) <= 40]
    fields = [one for number in numbers for one in source.fields(number)]
    taken = chance.sample(fields, min(len(fields), 3 * wanted // 4))
    taken += chance.sample(ruled, min(len(ruled), (wanted - len(taken)) // 2))
    return taken + chance.sample(flowing, min(len(flowing), wanted - len(taken)))


def measured(path: Path, wanted: int, chance: random.Random, store: WorkStore, *, ocr: bool) -> list[Asked]:
    """`wanted` true quotes of a document looked up, and about as many false ones."""
    with read_document(path, store, ocr="auto" if ocr else "never") as reading:
        count = reading.document.page_count
        # From the same pages on for every seed: what was read is kept.
        start = 1 + REQUEST * chance.randrange(-(-count // REQUEST))
        among = list(range(start, min(start + REQUEST, count + 1)))
        pages = list(reading.pages(among))
        # What nobody sees is not sent, and never quoted; what no text layer holds has nothing to take.
        plain = [page.number for page in pages if page.ocr == ocr and not page.hidden and not page.problem]
        source = Source(path if not ocr else path.with_suffix(".text"), among)
        finder = Finder(pages, reading.words)
        asked = []
        for taken in draw(source, plain, wanted, chance):
            asked.append(_true(path.name, source, taken, finder, among, chance))
            false = _false(path.name, source, taken, finder, among, chance)
            asked += [false] if false else []
        return asked


def _true(
    name: str, source: Source, taken: Taken, finder: Finder, among: Sequence[int], chance: random.Random
) -> Asked:
    quote = disturb_row(taken.cells, chance) if taken.cells else disturb(taken.words, chance)
    last = len(taken.words) - 1 if taken.cells else quote.last
    claimed = _claimed(taken.page, quote.text, among, chance)
    found, seconds = _timed(finder, quote.text, claimed, among)
    fine = right(source, taken, quote.first, last, found)
    return Asked(
        name, taken.kind, False, quote.ways, quote.text, taken.page, claimed, found.match, found.page, fine, seconds
    )


def _false(
    name: str, source: Source, taken: Taken, finder: Finder, among: Sequence[int], chance: random.Random
) -> Asked | None:
    """A near miss of what was taken; None where none can be made of it."""
    every = [words for words in source.words.values() if len(words) > 8]
    for _ in range(3):
        other = chance.choice(every) if every else []
        start = chance.randint(0, max(0, len(other) - 12))
        made = falsify(taken.words, [word for word, _, _ in other[start : start + 12]], chance)
        if made and not source.says(made[1]) and sum(map(str.isalnum, made[1])) > 1:
            claimed = _claimed(taken.page, made[1], among, chance)
            found, seconds = _timed(finder, made[1], claimed, among)
            return Asked(
                name, taken.kind, True, made[:1], made[1], taken.page, claimed, found.match, found.page, False, seconds
            )
    return None


def _claimed(page: int, quote: str, among: Sequence[int], chance: random.Random) -> int:
    others = [number for number in among if number != page]
    if not others or len(key(quote)) < SHORT or chance.random() >= MOVED:
        return page
    return chance.choice(others)


def _timed(finder: Finder, quote: str, claimed: int, among: Sequence[int]) -> tuple[Evidence, float]:
    began = time.process_time()
    found = finder.locate(quote, claimed, among)
    return found, time.process_time() - began


def run(corpus: Path, seed: int, wanted: int, store: WorkStore, *, ocr: bool) -> list[Asked]:
    """All documents of the corpus measured with one seed, as many quotes of each."""
    chance = random.Random(seed)
    files = sorted(path for name in FOLDERS for path in (corpus / "pdf" / name).glob("*.pdf"))
    asked: list[Asked] = []
    with tempfile.TemporaryDirectory() as folder:
        if ocr:
            files = [path for path in files if path.parent.name in ("long", "multicolumn", "tables")]
            made = [pictured(path, Path(folder), 1, chance) for path in chance.sample(files, min(len(files), 12))]
            files = [path for path in made if path]
        else:
            forms = [filled(path, Path(folder), chance) for path in files if path.parent.name == "forms"]
            files = [path for path in files if path.parent.name != "forms"] + FORMS * forms
        short = wanted
        while files and short > 0:
            before = len(asked)
            for path in chance.sample(files, len(files)):
                asked += measured(path, min(short, -(-wanted // len(files)) + 4), chance, store, ocr=ocr)
                short = wanted - sum(not one.false for one in asked)
                if short <= 0:
                    break
            if len(asked) == before:
                break
    return asked


def report(asked: Sequence[Asked]) -> str:
    """Shares by kind and by change, and time per quote; texts that are read from right to left apart."""
    lines = []
    for false in (False, True):
        some = [one for one in asked if one.false == false]
        lines.append(f"{'false quotes accepted' if false else 'true quotes not found right'}:")
        leftward = [one for one in some if LEFTWARD.search(one.quote)]
        some = [one for one in some if not LEFTWARD.search(one.quote)]
        groups: dict[str, list[Asked]] = {"right to left": leftward, "all others": some}
        for one in some:
            groups.setdefault(one.kind, []).append(one)
            for way in one.ways:
                groups.setdefault(f"  {way}", []).append(one)
            if one.page != one.claimed:
                groups.setdefault("other page named", []).append(one)
        for name, members in groups.items():
            failed = sum(one.fails for one in members)
            lines.append(f"  {name:20} {failed:5} of {len(members):5}  {100 * failed / max(len(members), 1):6.2f} %")
    times = [1000 * one.seconds for one in asked]
    last = quantiles(times, n=100)[-1]
    mean = sum(times) / len(times)
    rest = f"99 % under {last:.1f}, most {max(times):.0f}"
    lines.append(f"CPU per quote: {mean:.2f} ms, median {median(times):.2f}, {rest}")
    return "\n".join(lines)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True, help="a folder with documents in pdf/long, ...")
    parser.add_argument("--seeds", default="1", help="a seed, or from one to another: 1-3")
    parser.add_argument("--quotes", type=int, default=1000, help="true quotes for each seed (1,000)")
    parser.add_argument("--ocr", action="store_true", help="pages as pictures, known by OCR alone")
    parser.add_argument("--store", help="keep what was read in that folder")
    parser.add_argument("--show", action="store_true", help="print the quotes that failed")
    parser.add_argument("--json", type=Path, help="write every quote there")
    given = parser.parse_args()
    first, _, last = given.seeds.partition("-")
    with tempfile.TemporaryDirectory() as folder:
        store = WorkStore(given.store or folder)
        asked = [
            one
            for seed in range(int(first), int(last or first) + 1)
            for one in run(given.corpus, seed, given.quotes, store, ocr=given.ocr)
        ]
    for one in asked if given.show else ():
        if one.fails:
            print(json.dumps(asdict(one), ensure_ascii=False))
    print(report(asked))
    if given.json:
        given.json.write_text(json.dumps([asdict(one) for one in asked], ensure_ascii=False, indent=1), "utf-8")


if __name__ == "__main__":
    main()
