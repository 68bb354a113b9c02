"""The second engine: where MuPDF cannot open a file, PDFium may, and writes it anew so that MuPDF can."""

from __future__ import annotations

import contextlib
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pypdfium2

MENDED = "MuPDF could not open the file: PDFium wrote it anew, and that copy was read; some of it may be lost."


_MOST_TRIED = 1000


def mended(data: bytes, password: str | None) -> bytes | None:
    """The document as PDFium writes it anew, without its encryption; None where PDFium finds no page that it can load.

    Bookmarks, fields and attachments are kept as far as PDFium understood them.
    """
    import pypdfium2
    from pypdfium2 import PdfiumError

    out = io.BytesIO()
    with contextlib.suppress(PdfiumError):  # then there is no copy, and the file is refused for what MuPDF found
        document = pypdfium2.PdfDocument(data, password=password)
        try:
            if any(_loads(document, index) for index in range(min(len(document), _MOST_TRIED))):
                document.save(out, flags=pypdfium2.raw.FPDF_REMOVE_SECURITY)
        finally:
            document.close()
    return out.getvalue() or None


def _loads(document: pypdfium2.PdfDocument, index: int) -> bool:
    from pypdfium2 import PdfiumError

    try:
        document[index].close()
    except PdfiumError:
        return False
    return True
