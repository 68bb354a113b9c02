"""Places for tests: a folder, a bucket on a server of this machine, and memory."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import fsspec
import pytest

from pipeline.places import Place, open_place

Make = Callable[[], Place]
"""Makes the same place again and again, as several processes would."""


@contextmanager
def bucket_server() -> Iterator[str]:
    """The address of a server of S3."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        yield f"http://127.0.0.1:{server.get_host_and_port()[1]}"
    finally:
        server.stop()


def use_bucket(server: str, patch: pytest.MonkeyPatch) -> str:
    """The name of a new bucket of that server, which this process and its children reach from now on."""
    keys = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "very-secret", "AWS_DEFAULT_REGION": "us-east-1"}
    for name, value in {**keys, "AWS_ENDPOINT_URL": server}.items():
        patch.setenv(name, value)
    fsspec.get_filesystem_class("s3").clear_instance_cache()  # it would keep another server's address
    bucket = f"bucket-{uuid.uuid4().hex}"
    fsspec.filesystem("s3").mkdir(bucket)
    return bucket


def make_place(kind: str, folder: Path, bucket: str) -> Make:
    """What makes a place of that kind."""
    addresses = {
        "folder": str(folder / "inbox"),
        "s3": f"s3://{bucket}/inbox",
        "memory": f"memory://{folder.as_posix()}/inbox",
    }
    return lambda: open_place(addresses[kind])
