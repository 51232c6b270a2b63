"""Sheets of a folder that cannot be read, or meet another: an error once, then a mention.

They lie there each morning, and somebody was told. One that has changed, or was read meanwhile, is
an error again.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence

from batch_update.cli import identity
from batch_update.cli.memories import memory_of
from batch_update.cli.report import FileReport
from batch_update.cli.sources import Source
from batch_update.model import RunKind
from batch_update.notify import Memory
from batch_update.settings.model import Settings


def is_known(source: Source, settings: Settings) -> bool:
    """Return whether an earlier run told of a sheet that cannot be read, as it is now."""
    if settings.kind is not RunKind.REAL or not is_of_folder(source):
        return False
    sha256 = fingerprint(source)
    return bool(sha256) and _memory(settings).knows_unread(source.path, sha256)


def fingerprint(source: Source) -> str:
    """Return the SHA-256 of what is known of a sheet, in hexadecimal digits; empty for nothing.

    That is its bytes; of a link to a place that is away, only where it leads.
    """
    sha256 = source.fingerprint()
    # The function of a path raises where it may not be looked at.
    if sha256 or os.path.exists(source.content):  # noqa: PTH110
        return sha256
    try:
        return hashlib.sha256(os.fsencode(source.content.readlink())).hexdigest()
    except OSError:
        return ""


def is_of_folder(source: Source) -> bool:
    """Return whether nobody asked for a sheet by name, and no mended results keep it unread."""
    is_to_be_read = source.meets or not source.refusal
    return source.is_of_folder and is_to_be_read and source.origin is None


def keep(reports: Sequence[FileReport], settings: Settings) -> None:
    """Remember the sheets that could not be read, after people were told of them."""
    if settings.kind is RunKind.REAL:
        found = {one.path: one.sha256 for one in reports if one.is_unread and one.sha256}
        read = [one.named for one in reports if one.summary is not None]
        _memory(settings).keep_unread(found, read)


def _memory(settings: Settings) -> Memory:
    return memory_of(settings.ledger, identity.identify(settings).name or "")
