"""Whether facts arrive: documents with facts in every carrier are made, and looked for in what would be sent.

    python benchmarks/fidelity.py --seeds 0-19
    python benchmarks/fidelity.py --seeds 0 --only "text fields" --only comments
    python benchmarks/peers.py FOLDER
    python benchmarks/fidelity.py --seeds 0-1 --peers FOLDER --json fidelity.json

A fact is a random token or phrase. It arrives as text within its page's marks, or legible in a picture at the size
sent: printed tokens are read there by Tesseract, block codes by their own decoder. Text that no reader of the page
sees must not arrive, and must be reported as hidden. Nothing is sent.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

if not __package__:  # run as a script
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.arrival import ARRIVED, Delivered, Eyes, Verdict, add_request, judge
from benchmarks.carriers.book import FIGURE, Fact
from benchmarks.carriers.catalogue import CARRIERS, make
from benchmarks.peers import readers
from pipeline.job import make_job
from pipeline.pack.fitted import Fitted
from pipeline.pack.parts import TextPart
from pipeline.plan import open_document, plan
from pipeline.settings import load_settings

QUIRE = "quire"
MODEL = "mistralai/mistral-small-3.2-24b-instruct"


@dataclass(frozen=True, slots=True)
class Row:
    """One fact of one document, and what each reader made of it."""

    seed: int
    fact: Fact
    verdicts: Mapping[str, Verdict]


def delivered(path: Path, store: Path) -> Delivered:
    """What the requests for a document hold, for a model that takes pictures."""
    given = {"engine": "openrouter", "model": MODEL, "store": str(store), "attachments": True}
    job = make_job(load_settings(given), None, key=False)
    with open_document(path, job) as reading:
        made = plan(reading, job)
    fitted, sent = Fitted(job.work), Delivered()
    for request in made.requests:
        parts = (part.text if isinstance(part, TextPart) else fitted.get(part)[0] for part in request.parts)
        add_request(sent, parts)
    for page in made.pages:
        sent.hidden[page.number] = " ".join(one.text for one in page.hidden)
    for attached in made.document.attached:
        sent.hidden[attached.id] = " ".join(one.text for one in attached.page.hidden)
    return sent


def measure(seed: int, names: Collection[str], eyes: Eyes, *, peers: Path | None = None) -> list[Row]:
    """Make the document of one seed, and look for its facts."""
    data, facts = make(seed, names)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"fidelity-{seed}.pdf"
        path.write_bytes(data)
        found = {QUIRE: delivered(path, Path(folder) / "store")}
        found |= {name: read(path) for name, read in (readers(peers) if peers else {}).items()}
    return [
        Row(seed, fact, {name: judge(_fit(fact, name), given, eyes) for name, given in found.items()}) for fact in facts
    ]


def _fit(fact: Fact, name: str) -> Fact:
    """What is asked of a peer: it need not tie a caption to its figure, nor name the page within an attached PDF."""
    if name == QUIRE:
        return fact
    pages = () if any(isinstance(page, str) for page in fact.pages) else fact.pages
    return replace(fact, pages=pages, beside=None if fact.beside == FIGURE else fact.beside)


def table(rows: Sequence[Row]) -> Iterator[str]:
    """Lines: each carrier, its facts, how many arrived and how, the share that each peer gave, how the rest failed."""
    peers = [name for name in (rows[0].verdicts if rows else ()) if name != QUIRE]
    heads = "".join(f" {name:>12}" for name in peers)
    yield f"{'carrier':30} {'facts':>6} {'arrived':>8} {'as text':>8} {'seen':>6}{heads}  where it failed"
    for carrier in sorted({row.fact.carrier for row in rows}, key=list(CARRIERS).index):
        yield _line(carrier, [row for row in rows if row.fact.carrier == carrier], peers)
    yield _line("all", rows, peers)


def _line(name: str, rows: Sequence[Row], peers: Sequence[str]) -> str:
    said = [row.verdicts[QUIRE] for row in rows]
    arrived = sum(verdict in ARRIVED for verdict in said)
    others = "".join(f" {sum(row.verdicts[peer] in _fair(row) for row in rows) / len(rows):12.0%}" for peer in peers)
    failed = {
        f"{row.verdicts[QUIRE]} (seed {row.seed}, page {','.join(map(str, row.fact.pages)) or '-'})": None
        for row in rows
        if row.verdicts[QUIRE] not in ARRIVED
    }
    why = f"{'; '.join(list(failed)[:3])}{' ...' if len(failed) > 3 else ''}" if name != "all" else ""
    figures = f"{len(rows):6} {arrived / len(rows):8.0%} {said.count('text'):8} {said.count('picture'):6}"
    return f"{name:30} {figures}{others}  {why}".rstrip()


def _fair(row: Row) -> tuple[Verdict, ...]:
    """What counts for a peer: it need not report what is hidden, nor keep a page's number on what has none."""
    return (*ARRIVED, "unreported") if row.fact.form == "hidden" else ARRIVED


def as_json(rows: Iterable[Row]) -> str:
    """Every fact with its verdicts."""
    return json.dumps(
        [
            {
                "seed": row.seed,
                "carrier": row.fact.carrier,
                "fact": row.fact.text,
                "form": row.fact.form,
                "pages": row.fact.pages,
                "verdicts": dict(row.verdicts),
            }
            for row in rows
        ],
        ensure_ascii=False,
        indent=1,
    )


def seeds(text: str) -> list[int]:
    """`0-4,9` as numbers."""
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 1 where a fact did not arrive."""
    parser = argparse.ArgumentParser(description="Look for seeded facts in what would be sent.")
    parser.add_argument("--seeds", type=seeds, default=[0], help="documents of these seeds: 0-19")
    parser.add_argument("--only", choices=sorted(CARRIERS), action="append", help="this carrier (may be repeated)")
    parser.add_argument("--peers", type=Path, metavar="FOLDER", help="other readers too: the environment they are in")
    parser.add_argument("--json", type=Path, help="write every fact with its verdicts here")
    parser.add_argument("--cache", type=Path, help="keep what was read in pictures here, by their hash")
    given = parser.parse_args(arguments)
    rows: list[Row] = []
    eyes, began = Eyes(given.cache), time.monotonic()
    for seed in given.seeds:
        rows += measure(seed, given.only or list(CARRIERS), eyes, peers=given.peers)
        print(f"seed {seed}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    for line in table(rows):
        print(line)
    if given.json:
        given.json.write_text(as_json(rows), encoding="utf-8")
    return int(any(row.verdicts[QUIRE] not in ARRIVED for row in rows))


if __name__ == "__main__":
    sys.exit(main())
