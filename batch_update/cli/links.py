"""Links among the sheets of a folder: a sheet is run once, however many names lead to it."""

from __future__ import annotations

import os
from collections.abc import Sequence

from batch_update import wording
from batch_update.cli import notices
from batch_update.cli.sources import Source
from batch_update.i18n import _
from batch_update.paths import comparable_path
from batch_update.settings.model import Settings


def leave_out(sources: Sequence[Source], settings: Settings) -> list[Source]:
    """Leave out links that lead to another sheet of the folders that were named, and say so.

    A sheet that is named itself, or twice since its folder is, stays: that is a slip in the
    command.

    Args:
        sources: the sheets of a run.
        settings: the settings of the run.
    """
    of_folder = [one for one in sources if one.is_of_folder]
    links = {one.path: one for one in of_folder if one.path.is_symlink()}
    if not links:
        return list(sources)
    first = {comparable_path(one.content): one for one in of_folder if one.path not in links}
    left_out = set()
    for path, link in links.items():
        other = first.setdefault(comparable_path(link.content), link)
        if _place(other) != _place(link):
            left_out.add(path)
            text = _("{link} leads to the same sheet as {path}, so it is left out.").format(
                link=wording.show_path(path), path=wording.show_path(other.path)
            )
            notices.say_aloud(text, settings)
    return [one for one in sources if not (one.is_of_folder and one.path in left_out)]


def _place(source: Source) -> tuple[str, str]:
    """Return where a name stands, by whichever way its folder was named."""
    return comparable_path(source.path.parent), os.path.normcase(source.path.name)
