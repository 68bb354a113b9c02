"""Places: a folder, or an address that fsspec knows (s3://bucket/inbox), behind the same few operations.

What several processes and machines agree on rests on two of them: `create` makes a file that nobody else made, whole at
once; `move` never lands on another file. Where a place can't promise the first it says so, and nothing is done there.
"""

from __future__ import annotations

import os
from pathlib import Path

from pipeline.places.bucket import Bucket
from pipeline.places.folder import Folder
from pipeline.places.place import Found, Full, Gone, Place, is_plain
from pipeline.settings import local_folder

__all__ = ["Bucket", "Folder", "Found", "Full", "Gone", "Place", "is_plain", "open_place"]


def open_place(address: str | Path) -> Place:
    """The place at an address. Raises UsageError where nobody here knows such an address."""
    folder = local_folder(os.fspath(address))
    return Folder(folder) if folder is not None else Bucket(os.fspath(address))
