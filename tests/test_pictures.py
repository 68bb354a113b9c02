"""Pictures: every placed one is accounted for, with bytes that a browser reads or the reason why it has none."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable
from pathlib import Path

import pymupdf
import pytest
from PIL import Image

from pipeline.document import Page, Picture
from pipeline.extract.drawn import Drawn
from pipeline.extract.limits import Limits
from pipeline.extract.objects import picture_objects
from pipeline.extract.reader import mark_duplicates, read_document
from pipeline.extract.work import WorkStore


@pytest.fixture
def work(tmp_path: Path) -> WorkStore:
    return WorkStore(str(tmp_path / "work"))


def photo(width: int = 60, height: int = 40, kind: str = "PNG", mode: str = "RGB", seed: int = 1) -> bytes:
    """A picture of many colours."""
    pixels = bytes((seed * n * n + n // 7) % 256 for n in range(width * height * len(mode)))
    made = io.BytesIO()
    Image.frombytes(mode, (width, height), pixels).save(made, kind)
    return made.getvalue()


def plain(width: int = 60, height: int = 40, colour: tuple[int, int, int] = (200, 30, 30)) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(made, "PNG")
    return made.getvalue()


def pages_of(draw: Callable[[pymupdf.Document], None], folder: Path, work: WorkStore) -> tuple[Page, ...]:
    with pymupdf.open() as document:
        draw(document)
        document.save(folder / "made.pdf")
    with read_document(folder / "made.pdf", work, ocr="never") as reading:
        return mark_duplicates(tuple(reading.pages()))


def image(work: WorkStore, picture: Picture) -> Image.Image:
    data = work.get(picture.sha256)
    assert hashlib.sha256(data).hexdigest() == picture.sha256
    opened = Image.open(io.BytesIO(data))
    assert f"image/{(opened.format or '').lower()}" == picture.media_type
    assert opened.size == (picture.width, picture.height)
    return opened


def test_placements_are_numbered_as_they_are_read_each_with_its_place_and_bytes(
    tmp_path: Path, work: WorkStore
) -> None:
    jpeg = photo(kind="JPEG")

    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        page.insert_image((100, 400, 220, 480), stream=photo(66, 44, seed=2))
        page.insert_text((72, 300), "Text between the two pictures, long enough to be a block of its own.")
        page.insert_image((100, 100, 220, 180), stream=jpeg)

    (page,) = pages_of(draw, tmp_path, work)
    first, second = page.pictures
    assert (first.id, first.box, first.after) == ("p1-f1", (100.0, 100.0, 220.0, 180.0), 0)
    assert (second.id, second.box, second.after) == ("p1-f2", (100.0, 400.0, 220.0, 480.0), 1)
    assert work.get(first.sha256) == jpeg, "a JPEG is taken as it is stored"
    assert image(work, second).getpixel((30, 20)) == Image.open(io.BytesIO(photo(66, 44, seed=2))).getpixel((30, 20))


def test_pictures_of_one_size_are_told_apart(tmp_path: Path, work: WorkStore) -> None:
    stored = [photo(kind="JPEG", seed=seed) for seed in (3, 5, 11)]

    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        for row, data in enumerate((stored[2], stored[0], stored[1])):
            page.insert_image((100, 100 + 150 * row, 220, 180 + 150 * row), stream=data)

    (page,) = pages_of(draw, tmp_path, work)
    assert [work.get(picture.sha256) for picture in page.pictures] == [stored[2], stored[0], stored[1]]


def test_the_rules_for_decoration_each_say_their_reason(tmp_path: Path, work: WorkStore) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        page.insert_image((10, 10, 14, 14), stream=photo(seed=3), keep_proportion=False)
        page.insert_image((100, 100, 200, 200), stream=plain())
        page.insert_image((100, 300, 400, 310), stream=photo(60, 1), keep_proportion=False)
        page.insert_image((700, 20, 800, 100), stream=photo(seed=4))
        page.insert_image((300, 400, 312, 412), stream=photo(12, 12, seed=5))

    (page,) = pages_of(draw, tmp_path, work)
    reasons = [picture.decorative.split(":")[0] if picture.decorative else None for picture in page.pictures]
    assert sorted(map(str, reasons)) == ["None", "off the page", "one colour", "one pixel", "tiny"]


def test_the_same_picture_again_is_marked_with_the_first_that_can_be_sent(tmp_path: Path, work: WorkStore) -> None:
    def draw(document: pymupdf.Document) -> None:
        tiny = document.new_page()
        xref = tiny.insert_image((10, 10, 15, 15), stream=photo())
        for _ in range(2):
            document.new_page().insert_image((100, 100, 220, 180), xref=xref)

    one, two, three = (page.pictures[0] for page in pages_of(draw, tmp_path, work))
    assert one.decorative and one.duplicate_of is None
    assert two.duplicate_of is None
    assert three.duplicate_of == two.id == "p2-f1"


def test_marking_duplicates_looks_at_the_pages_that_are_given_alone(tmp_path: Path, work: WorkStore) -> None:
    def draw(document: pymupdf.Document) -> None:
        for _ in range(3):
            document.new_page().insert_image((100, 100, 220, 180), stream=photo())

    pages = pages_of(draw, tmp_path, work)
    assert [page.pictures[0].duplicate_of for page in pages] == [None, "p1-f1", "p1-f1"]
    assert [page.pictures[0].duplicate_of for page in mark_duplicates(pages[1:])] == [None, "p2-f1"]


def test_strips_of_one_scan_are_shown_by_the_first(tmp_path: Path, work: WorkStore) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page(width=400, height=400)
        for strip in range(4):
            box = (50, 50 + strip * 40, 350, 90 + strip * 40)
            page.insert_image(box, stream=photo(300, 40, seed=strip + 2), keep_proportion=False)

    (page,) = pages_of(draw, tmp_path, work)
    first, *others = page.pictures
    assert first.box == (50.0, 50.0, 350.0, 210.0)
    assert image(work, first).size == (625, 333) or image(work, first).width > image(work, first).height
    assert [other.part_of for other in others] == [first.id] * 3
    assert not any(other.sha256 or other.problem for other in others)


def test_a_transparent_cmyk_and_turned_picture_come_as_the_page_shows_them(tmp_path: Path, work: WorkStore) -> None:
    ghost = io.BytesIO()
    layered = Image.open(io.BytesIO(photo(40, 40))).convert("RGBA")
    layered.putalpha(Image.linear_gradient("L").resize((40, 40)))
    layered.save(ghost, "PNG")

    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        page.insert_image((100, 100, 200, 200), stream=ghost.getvalue())
        page.insert_image((100, 300, 200, 400), stream=photo(40, 40, "JPEG", "CMYK", seed=6))
        page.insert_image((100, 500, 200, 600), stream=photo(40, 40, seed=7), rotate=90)

    (page,) = pages_of(draw, tmp_path, work)
    shown = [image(work, picture) for picture in page.pictures]
    assert [one.mode for one in shown] == ["RGB"] * 3
    assert min(shown[0].getpixel((20, 0))) > 250, "where it is transparent, the paper shows"  # type: ignore[arg-type]
    assert shown[2].size == (209, 209) or shown[2].size == (208, 208), "rendered at 150 dpi"


def test_a_huge_picture_is_kept_within_4000_pixels(tmp_path: Path, work: WorkStore) -> None:
    def draw(document: pymupdf.Document) -> None:
        document.new_page().insert_image((50, 50, 550, 150), stream=photo(6000, 60))

    (page,) = pages_of(draw, tmp_path, work)
    assert image(work, page.pictures[0]).width == 4000


def test_a_caption_below_or_above_is_found(tmp_path: Path, work: WorkStore) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        page.insert_image((100, 100, 220, 180), stream=photo())
        page.insert_text((100, 196), "Figure 3: Sales by region")
        page.insert_text((100, 290), "Abb. 4: Umsatz")
        page.insert_image((100, 300, 220, 380), stream=photo(seed=8))
        page.insert_image((100, 500, 220, 580), stream=photo(seed=9))
        page.insert_text((100, 596), "Figures speak louder than words.")

    (page,) = pages_of(draw, tmp_path, work)
    assert [picture.caption for picture in page.pictures] == ["Figure 3: Sales by region", "Abb. 4: Umsatz", None]


def test_a_broken_picture_costs_the_page_nothing_else(tmp_path: Path, work: WorkStore) -> None:
    with pymupdf.open() as document:
        page = document.new_page()
        page.insert_text((72, 72), "The text is fine")
        xref = page.insert_image((100, 100, 220, 180), stream=photo(kind="JPEG"))
        document.update_stream(xref, b"\xff\xd8 this is no JPEG", compress=False)
        document.xref_set_key(xref, "Filter", "/DCTDecode")
        document.save(tmp_path / "made.pdf")
    with read_document(tmp_path / "made.pdf", work) as reading:
        (page,) = reading.pages()
    assert page.problem is None and page.blocks[0].text == "The text is fine"
    (picture,) = page.pictures
    assert picture.problem and picture.sha256 == ""


def test_text_drawn_as_shapes_is_kept_as_a_picture(tmp_path: Path, work: WorkStore) -> None:
    def draw(document: pymupdf.Document) -> None:
        shape = document.new_page().new_shape()
        for n in range(30):
            shape.draw_curve((80 + n * 10, 100), (85 + n * 10, 80 + n), (90 + n * 10, 100))
        shape.finish()
        shape.commit()
        document.new_page()

    drawn, blank = pages_of(draw, tmp_path, work)
    (picture,) = drawn.pictures
    assert picture.box == (0.0, 0.0, drawn.width, drawn.height) and "drawn as shapes" in drawn.notes[0]
    assert image(work, picture).width == round(drawn.width * 150 / 72)
    assert blank.pictures == () and blank.blocks == () and blank.problem is None


@pytest.mark.parametrize(
    ("name", "pictures"),
    [
        ("pdfbox__JBIG2Image", 1),
        ("pdf.js__jp2k-resetprob", 1),
        ("pdf.js__images", 5),
        ("pdf.js__images_1bit_grayscale", 9),
    ],
)
def test_pictures_in_odd_codecs_come_as_a_browser_reads_them(
    name: str, pictures: int, corpus: Path, work: WorkStore
) -> None:
    with read_document(corpus / f"pdf/figures/{name}.pdf", work, ocr="never") as reading:
        (page,) = reading.pages()
    assert len(page.pictures) == pictures
    for picture in page.pictures:
        image(work, picture).load()


def test_a_decoding_bomb_is_bounded(corpus: Path, work: WorkStore) -> None:
    limits = Limits(memory_mb=2048)
    with read_document(corpus / "pdf/hostile/OCRmyPDF__enormous.pdf", work, ocr="never", limits=limits) as reading:
        (page,) = reading.pages([1])
    for picture in page.pictures:
        assert picture.problem or max(picture.width, picture.height) <= 4000


def test_a_picture_in_a_pattern_is_whole_wherever_the_pattern_is_painted(tmp_path: Path, work: WorkStore) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page(width=600, height=800)
        page.insert_image((0, 0, 10, 10), stream=photo())
        image = page.get_images()[0][0]
        tile = document.get_new_xref()
        about = "/Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 240 160]/XStep 240/YStep 160"
        used = f"/Matrix[1 0 0 1 300 300]/Resources<</XObject<</I {image} 0 R>>>>"
        document.update_object(tile, f"<<{about}{used}>>")
        document.update_stream(tile, b"240 0 0 160 0 0 cm /I Do", new=True)
        document.xref_set_key(page.xref, "Resources", f"<</Pattern<</P {tile} 0 R>>>>")
        document.update_stream(page.get_contents()[0], b"/Pattern cs /P scn 300 300 240 160 re f")

    (page,) = pages_of(draw, tmp_path, work)
    (picture,) = page.pictures
    assert picture.decorative is None and picture.sha256
    assert picture.box == pytest.approx((300, 340, 540, 500), abs=1)


def test_the_objects_of_a_page_are_those_that_pymupdf_lists_with_its_complaints() -> None:
    with pymupdf.open() as document:
        page = document.new_page(width=300, height=300)
        page.insert_image((10, 10, 100, 60), stream=photo(kind="JPEG"))
        page.insert_image((10, 100, 100, 160), stream=photo(mode="RGBA", seed=3))
        form, image = document.get_new_xref(), page.get_images()[0][0]
        held = f"/I {image} 0 R /Self {form} 0 R"
        document.update_object(form, f"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<<{held}>>>>>>")
        document.update_stream(form, b"/I Do", new=True)
        resources = int(document.xref_get_key(page.xref, "Resources")[1].split()[0])
        for name, entry in (("F", f"{form} 0 R"), ("N", "7"), ("Odd", f"{form + 99} 0 R")):
            document.xref_set_key(resources, f"XObject/{name}", entry)
        page = document.reload_page(page)
        pymupdf.TOOLS.mupdf_warnings()
        listed = [(one[2:5], (one[0], one[1], -1, one[8])) for one in page.get_images(full=True)]
        complaints = pymupdf.TOOLS.mupdf_warnings()
        assert len(listed) >= 3 and "no image dict" in complaints and "Circular" in complaints
        assert list(picture_objects(page)) == listed
        assert pymupdf.TOOLS.mupdf_warnings() == complaints


@pytest.mark.parametrize("rotation", [0, 90])
def test_pictures_and_gradients_are_found_as_mupdf_lists_them(rotation: int) -> None:
    gradient = (
        "<</S0 <</ShadingType 2 /ColorSpace /DeviceRGB /Coords [0 0 100 0] /Extend [true true]"
        " /Function <</FunctionType 2 /Domain [0 1] /C0 [1 0 0] /C1 [0 0 1] /N 1>>>>>>"
    )
    with pymupdf.open() as document:
        page = document.new_page(width=300, height=300)
        page.insert_image((10, 10, 100, 60), stream=photo(kind="JPEG"))
        resources = int(document.xref_get_key(page.xref, "Resources")[1].split()[0])
        document.xref_set_key(resources, "ExtGState", "<</Pale <</ca 0.4>> /Strong <</ca 0.6>>>>")
        document.xref_set_key(resources, "Shading", gradient)
        at = page.get_contents()[-1]
        name = re.search(rb"/\S+ Do", document.xref_stream(at) or b"")
        assert name
        drawn = [
            b"/Pale gs 50 0 0 50 10 200 cm " + name[0],
            b"/Strong gs 50 0 0 50 90 200 cm " + name[0],
            b"0 50 -50 0 200 100 cm " + name[0],
            b"30 0 0 30 400 100 cm " + name[0],
            b"10.5 10.5 50 50 re W n /S0 sh",
            b"400 10 50 50 re W n /S0 sh",
            b"/Pale gs /S0 sh",
            b"/S0 sh",
        ]
        document.update_stream(at, (document.xref_stream(at) or b"") + b"".join(b" q %b Q" % one for one in drawn))
        page.set_rotation(rotation)
        page = document.reload_page(page)
        found, listed = Drawn(page).painted, page.get_image_info()
        told = [(one.width, one.height, one.bits, one.size) for one in found]
        assert told == [(one["width"], one["height"], one["bpc"], one["size"]) for one in listed]
        if rotation == 0:
            sides = [side for one in listed for side in one["bbox"]]
            assert [side for one in found for side in one.box] == pytest.approx(sides, abs=0.01)
