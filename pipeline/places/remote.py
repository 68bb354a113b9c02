"""What all addresses that fsspec knows have in common: a connection, whole files, errors in words of our own."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pipeline.errors import UsageError
from pipeline.settings import shown_address

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

_FLAT = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "adl", "oci", "oss", "memory"})
"""Where a name is all that there is of folders, and an object is there when it is whole."""
_REASONS = {
    "NoCredentialsError": "no credentials were found",
    "PartialCredentialsError": "the credentials are not complete",
    "PermissionError": "access is refused",
    "FileNotFoundError": "there is no such place",
    "EndpointConnectionError": "nothing answers there",
    "ClientConnectorError": "nothing answers there",
    "ConnectionError": "the connection broke",
    "TimeoutError": "it does not answer in time",
    "HTTPClientError": "the connection broke",
    "ParamValidationError": "it is no name that such a place can have",
}


def connect(address: str) -> tuple[AbstractFileSystem, str]:
    """The file system that an address is of, and the path in it. Raises UsageError where there is none for it here."""
    from fsspec.core import url_to_fs

    shown, kind = shown_address(address), address.partition("://")[0]
    try:
        # What others write shall be seen at once: nothing that was listed is kept.
        system, path = url_to_fs(address, use_listings_cache=False)
    except ImportError as fault:
        extra = "pip install 'quire[s3]'" if kind in ("s3", "s3a") else f"the one that fsspec names for {kind}://"
        raise UsageError(f"{shown} needs a library that is not installed: {extra}.") from fault
    except ValueError as fault:
        raise UsageError(f"Nothing here can use {shown}: check how the address begins.") from fault
    except Exception as fault:  # some systems connect at once
        raise UsageError(f"{shown} cannot be used ({reason(fault)}): check the address and the credentials.") from fault
    return system, str(path)


def is_flat(system: AbstractFileSystem) -> bool:
    """Whether it is a store of objects, which knows no folders and shows nothing that is not whole."""
    kinds = system.protocol
    return not _FLAT.isdisjoint({kinds} if isinstance(kinds, str) else kinds)


def get(system: AbstractFileSystem, path: str) -> bytes:
    """The bytes of a file. Of S3 in one request: its size, which would be asked for first, is not needed here."""
    once = {"max_concurrency": 1} if "s3" in system.protocol else {}
    return bytes(system.cat_file(path, **once))


def put(system: AbstractFileSystem, path: str, data: bytes) -> None:
    """Write a file so that it is seen when it is whole: as one object, or beside its place and then renamed.

    Nothing is made above a flat store's own top: a bucket that is not there is an error, and no reason to make one.
    """
    if is_flat(system):
        system.pipe_file(path, data)
        return
    folder, _, name = path.rpartition("/")
    apart = f"{folder}/.{name[:100]}-{secrets.token_hex(8)}.part"
    system.makedirs(folder, exist_ok=True)
    try:
        system.pipe_file(apart, data)
        system.mv(apart, path)
    except BaseException:
        if system.exists(apart):
            system.rm_file(apart)
        raise


def reason(fault: BaseException) -> str:
    """Why another machine refused, in words of our own: what its library says may hold keys."""
    return next((_REASONS[kind.__name__] for kind in type(fault).__mro__ if kind.__name__ in _REASONS), None) or (
        type(fault).__name__
    )


def modified(details: Mapping[str, Any]) -> float | None:
    """When a file was written; each of fsspec's systems tells it in a way of its own."""
    for name in ("mtime", "LastModified", "last_modified", "updated", "created"):
        told = details.get(name)
        if isinstance(told, str):
            try:
                told = datetime.fromisoformat(told)
            except ValueError:
                continue  # in words that nobody here knows: it counts as not told
        if isinstance(told, datetime):
            return (told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp()
        if isinstance(told, (int, float)):
            return float(told)
    return None
