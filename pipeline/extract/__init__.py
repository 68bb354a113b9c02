"""Reading: a PDF to a Document and its Pages, in a process of its own; the only room that knows PyMuPDF.

    reader.py     what callers use: read_document, Reading, mark_duplicates
    work.py       the work store: pictures by their hash, pages and OCR by name
    order.py      several workers at once, and their pages in order; lane.py is one worker, anew where it died
    process.py    the reader's end of the worker process; messages.py is what they say, limits.py what it may take
    language.py   which language a document is in, told by the reader from a sample of its text
    worker.py     the worker's end: opening.py and sources.py know the document, pages.py reads a page
                  mending.py lets PDFium write anew what MuPDF cannot open; display.py -> drawn.py is what a page draws
                  lines.py -> layout.py (rows.py, tables.py, ruled.py, grid.py, text.py) make text of it
                  hidden.py keeps apart what cannot be seen; annotations.py -> forms.py, comments.py are laid over it
                  placements.py -> imagery.py -> pictures.py account for its pictures; scans.py is OCR

Nothing is imported here, so that asking for one of them does not load the others.
"""
