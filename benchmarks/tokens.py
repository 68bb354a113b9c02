"""What a document costs as Quire sends it, against each of its pages sent as one picture at full size.

    python benchmarks/tokens.py CORPUS/scanned CORPUS/figures
    python benchmarks/tokens.py --made 0-1 --cache build/eyes

Both ways are packed into requests by the same code and counted with the model's own tokens; dollars are those of the
prompt at the profile's price. Of made documents (--made) it is told how many of their seeded facts arrive either way,
read in pictures at the size sent (see fidelity.py). Nothing is sent.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

if not __package__:  # run as a script
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import pymupdf

from benchmarks.arrival import ARRIVED, Delivered, Eyes, add_request, judge
from benchmarks.carriers import figures, pictures, scans
from benchmarks.carriers.book import Fact
from benchmarks.carriers.catalogue import make
from benchmarks.fidelity import MODEL, seeds
from pipeline.document import Page, Picture
from pipeline.errors import QuireError
from pipeline.job import Job, make_job
from pipeline.pack.fit import encode, sent_size
from pipeline.pack.fitted import Fitted
from pipeline.pack.parts import PicturePart, TextPart
from pipeline.plan import Plan, open_document, plan, repack
from pipeline.settings import load_settings

RENDER_DPI = 200
MADE = {
    "made: scans": tuple(scans.CARRIERS),
    "made: figures": tuple(set(figures.CARRIERS) - {"page of outlines"}),
    "made: pictures": tuple(name for name in pictures.CARRIERS if not name.startswith("text")),
}


@dataclass(frozen=True, slots=True)
class Bill:
    """Tokens of all prompts: of text, of pictures, and with the words of the task around them; facts that arrived."""

    text: int
    pictures: int
    prompts: int
    arrived: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One document, both ways; `facts` is how many were put into it, None where that is not known."""

    name: str
    pages: int
    ours: Bill
    renders: Bill
    facts: int | None = None


def as_renders(made: Plan, job: Job) -> Plan:
    """The same document with nothing but a picture of each page, in reading order."""
    return repack(replace(made, document=replace(made.document, sources=(), toc=()), pages=_rendered(made.pages)), job)


def _rendered(pages: Iterable[Page]) -> tuple[Page, ...]:
    def alone(page: Page) -> Page:
        width, height = (max(round(side * RENDER_DPI / 72), 1) for side in (page.width, page.height))
        box = (0.0, 0.0, page.width, page.height)
        picture = Picture(f"p{page.number}-f1", page.number, box, f"{page.number:064x}", width, height, 0)
        return Page(page.number, None, page.width, page.height, page.rotation, pictures=(picture,))

    return tuple(map(alone, pages))


def bill(made: Plan, job: Job) -> Bill:
    """What the requests of a plan hold."""
    parts = [part for request in made.requests for part in request.parts]
    text = sum(job.counter.text(part.text) for part in parts if isinstance(part, TextPart))
    seen = sum(job.counter.picture(part.width, part.height) for part in parts if isinstance(part, PicturePart))
    return Bill(text, seen, sum(request.tokens for request in made.requests))


def measure(path: Path, name: str, pages: str | None, facts: Sequence[Fact] = (), eyes: Eyes | None = None) -> Row:
    """Read a document, and count it both ways. Raises QuireError where it cannot be read."""
    with tempfile.TemporaryDirectory() as store:
        given = {"engine": "openrouter", "model": MODEL, "store": store, "pages": pages}
        job = make_job(load_settings({key: value for key, value in given.items() if value}), None, key=False)
        with open_document(path, job) as reading:
            made = plan(reading, job)
        renders = as_renders(made, job)
        ours, theirs = bill(made, job), bill(renders, job)
        if eyes is None:
            return Row(name, len(made.selected), ours, theirs)
        told = [fact for fact in facts if fact.form != "hidden"]
        ours = replace(ours, arrived=_arrived(told, _sent(made, job), eyes))
        theirs = replace(theirs, arrived=_arrived(told, _seen(path, renders, job), eyes))
        return Row(name, len(made.selected), ours, theirs, len(told))


def _sent(made: Plan, job: Job) -> Delivered:
    fitted, sent = Fitted(job.work), Delivered()
    for request in made.requests:
        add_request(sent, (part.text if isinstance(part, TextPart) else fitted.get(part)[0] for part in request.parts))
    return sent


def _seen(path: Path, renders: Plan, job: Job) -> Delivered:
    """The pages as pictures, at the size at which they would be sent."""
    sent = Delivered()
    if job.model.pictures is None:
        raise ValueError("the model takes no pictures")
    with pymupdf.open(path) as document:
        for page in renders.pages:
            width, height = sent_size(page.pictures[0], job.model.pictures, scan=True)
            pixels = document[page.number - 1].get_pixmap(dpi=RENDER_DPI)
            sent.pictures[page.number] = [encode(pixels.tobytes("png"), width, height)[0]]
    return sent


def _arrived(facts: Sequence[Fact], sent: Delivered, eyes: Eyes) -> int:
    return sum(judge(fact, sent, eyes) in ARRIVED for fact in facts)


def table(rows: Sequence[Row], price: float) -> Iterator[str]:
    """Lines of Markdown; `price` is in dollars per million tokens of a prompt."""
    yield "| document | pages | text | pictures | prompts | $ | as renders | $ | of renders | facts, renders |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    for row in rows:
        ours, theirs = row.ours, row.renders
        facts = "" if row.facts is None else f"{ours.arrived}/{row.facts}, {theirs.arrived}/{row.facts}"
        yield (
            f"| {row.name} | {row.pages} | {ours.text:,} | {ours.pictures:,} | {ours.prompts:,}"
            f" | {ours.prompts * price / 1e6:.4f} | {theirs.prompts:,} | {theirs.prompts * price / 1e6:.4f}"
            f" | {ours.prompts / max(theirs.prompts, 1):.0%} | {facts} |"
        )


def _files(given: Iterable[Path]) -> Iterator[Path]:
    for path in given:
        yield from sorted(path.rglob("*.pdf")) if path.is_dir() else [path]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Tokens of documents against their pages sent as pictures.")
    parser.add_argument("files", type=Path, nargs="*", help="PDF files, and folders of them")
    parser.add_argument("--pages", help="these pages of each: 1-4")
    parser.add_argument("--made", type=seeds, default=[], help="documents made from these seeds too: 0-4")
    parser.add_argument("--cache", type=Path, help="keep what was read in pictures here, by their hash")
    given = parser.parse_args(arguments)
    rows: list[Row] = []
    for path in _files(given.files):
        print(path.name, file=sys.stderr, flush=True)
        try:
            rows.append(measure(path, path.stem, given.pages))
        except QuireError as error:
            print(f"{path.name}: {error}", file=sys.stderr)
    eyes = Eyes(given.cache)
    for seed in given.made:
        for name, carriers in MADE.items():
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "made.pdf"
                data, facts = make(seed, carriers)
                path.write_bytes(data)
                print(f"{name}, seed {seed}", file=sys.stderr, flush=True)
                rows.append(measure(path, f"{name}, seed {seed}", None, facts, eyes))
    job = make_job(load_settings({"engine": "openrouter", "model": MODEL}), None, key=False)
    for line in table(rows, job.model.price_in or 0.0):
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
