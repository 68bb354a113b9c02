"""Run within the peers' own environment: `python peer_readers.py NAME PDF FOLDER` writes `given.json` there.

Each peer gives all that it has calls for: the text of each page, what is laid over it, its pictures, and under page 0
what belongs to no page. Nothing of Quire is imported.
"""

from __future__ import annotations

import importlib
import itertools
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

_EMPHASIS = re.compile(r"\*\*|`|(?<!\w)_|_(?!\w)")
"""Marks of Markdown that stand between the words of a phrase at a line's end."""


class Given:
    """Texts and pictures by page; pictures are files in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.texts: dict[int, str] = {}
        self.pictures: dict[int, list[str]] = {}
        self._numbers = itertools.count()

    def text(self, page: int, said: Iterable[object]) -> None:
        """More text of a page."""
        self.texts[page] = "\n".join([self.texts.get(page, ""), *(str(one) for one in said if one)])

    def picture(self, page: int, image: Any) -> None:
        """A picture of a page, as Pillow has it."""
        path = self.folder / f"picture-{next(self._numbers)}.png"
        image.convert("RGB").save(path)
        self.pictures.setdefault(page, []).append(str(path))

    def save(self) -> None:
        """Write it all down."""
        whole = {"texts": self.texts, "pictures": self.pictures}
        (self.folder / "given.json").write_text(json.dumps(whole), encoding="utf-8")


def read_pymupdf4llm(path: Path, given: Given) -> None:
    """Markdown with pictures at 150 dpi, none too small to be written, no print too small to be read."""
    chunks = importlib.import_module("pymupdf4llm").to_markdown(
        str(path),
        page_chunks=True,
        write_images=True,
        image_path=str(given.folder),
        image_size_limit=0,
        fontsize_limit=1,
        dpi=150,
    )
    for number, chunk in enumerate(chunks, 1):
        given.text(number, [_EMPHASIS.sub("", chunk["text"])])
        for file in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", chunk["text"]):
            given.pictures.setdefault(number, []).append(str(given.folder / Path(file).name))
    first = chunks[0] if chunks else {}
    given.text(0, [first.get("metadata"), *(chunk.get("toc_items") for chunk in chunks)])


def read_pdfplumber(path: Path, given: Given) -> None:
    """Text, annotations with their addresses, properties; of pictures it has places, and no bytes to be shown."""
    with importlib.import_module("pdfplumber").open(path) as document:
        for number, page in enumerate(document.pages, 1):
            given.text(number, [page.extract_text()])
            given.text(number, (one.get(key) for one in page.annots for key in ("title", "contents", "uri")))
        given.text(0, document.metadata.values())


def read_markitdown(path: Path, given: Given) -> None:
    """Markdown of the whole: it marks no pages, so that every page is given all of it, and what arrives, arrives."""
    text = _EMPHASIS.sub("", importlib.import_module("markitdown").MarkItDown().convert(path).text_content)
    for number in range(path.read_bytes().count(b"/Type /Page /Parent") + 1):
        given.text(number, [text])


def read_pypdf(path: Path, given: Given) -> None:
    """Text, fields, annotations, pictures, outline, properties, attached files."""
    reader = importlib.import_module("pypdf").PdfReader(path)
    for number, page in enumerate(reader.pages, 1):
        given.text(number, [page.extract_text()])
        for one in page.get("/Annots") or ():
            annotation = one.get_object()
            action = annotation.get("/A") or {}
            said = (annotation.get(key) for key in ("/T", "/TU", "/V", "/AS", "/Contents"))
            given.text(number, [*said, action.get("/URI")])
        for image in _each(page.images):
            try:
                given.picture(number, image.image)
            except Exception:  # noqa: S112 - what it cannot decode it does not give
                continue
    given.text(0, (reader.metadata or {}).values())
    given.text(0, _titles(reader.outline))
    for name, contents in reader.attachments.items():
        given.text(0, [name, *(data.decode("utf-8", "replace") for data in contents)])


def _titles(outline: Any) -> Iterator[str]:
    for one in outline:
        yield from _titles(one) if isinstance(one, list) else [one.title]


def read_pypdfium2(path: Path, given: Given) -> None:
    """Text, pictures as they are drawn, outline, properties, attached files."""
    pdfium = importlib.import_module("pypdfium2")
    image_kind = importlib.import_module("pypdfium2.raw").FPDF_PAGEOBJ_IMAGE
    document = pdfium.PdfDocument(path)
    document.init_forms()
    for number in range(1, len(document) + 1):
        page = document[number - 1]
        given.text(number, [page.get_textpage().get_text_bounded()])
        for image in page.get_objects(filter=(image_kind,), max_depth=5):
            try:
                given.picture(number, image.get_bitmap(render=True).to_pil())
            except Exception:  # noqa: S112 - what it cannot draw it does not give
                continue
    given.text(0, document.get_metadata_dict().values())
    given.text(0, (one.get_title() for one in document.get_toc()))
    for index in range(document.count_attachments()):
        attachment = document.get_attachment(index)
        given.text(0, [attachment.get_name(), bytes(attachment.get_data()).decode("utf-8", "replace")])


def _each(pictures: Any) -> Iterator[Any]:
    """The pictures of a page one by one, those left out at which it stumbles."""
    for index in range(len(pictures)):
        try:
            picture = pictures[index]
        except Exception:  # noqa: S112 - what it stumbles at it does not give
            continue
        yield picture


READERS: dict[str, Callable[[Path, Given], None]] = {
    "pymupdf4llm": read_pymupdf4llm,
    "pdfplumber": read_pdfplumber,
    "markitdown": read_markitdown,
    "pypdf": read_pypdf,
    "pypdfium2": read_pypdfium2,
}

if __name__ == "__main__":
    result = Given(Path(sys.argv[3]))
    READERS[sys.argv[1]](Path(sys.argv[2]), result)
    result.save()
