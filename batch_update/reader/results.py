"""Results files of earlier runs as input: the columns that we added are left out again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from msgspec import structs

from batch_update import headers
from batch_update.headers import DRY_RUN_REASON, OUR_COLUMNS, REASON, RESULT_COLUMNS, SAID_BEFORE
from batch_update.model import Layout, Row


def is_results(layout: Layout) -> bool:
    """Return whether a header is that of a results file."""
    return headers.is_results(layout.names)


def input_columns(layout: Layout) -> list[int]:
    """List the columns that are not ours, by index from 0."""
    names = [headers.known_name(name) for name in layout.names]
    added = OUR_COLUMNS if is_results(layout) else (REASON, DRY_RUN_REASON)
    # A column of the sheet's own may bear the same name; ours are added behind it.
    ours = {len(names) - 1 - names[::-1].index(name) for name in added if name in names}
    if is_results(layout) and SAID_BEFORE in names:
        # Only a dry run adds it.
        ours -= set(range(names.index(RESULT_COLUMNS[0]))) & {names.index(SAID_BEFORE)}
    ours -= set(layout.columns.values())
    return [index for index in range(len(names)) if index not in ours]


def without_ours(layout: Layout, kept: Sequence[int]) -> Layout:
    """Return the layout as it was before our columns were added."""
    place = {index: new for new, index in enumerate(kept)}
    return replace(
        layout,
        names=tuple(layout.names[index] for index in kept),
        columns={field: place[index] for field, index in layout.columns.items()},
        void_column=None if layout.void_column is None else place[layout.void_column],
    )


def rows_without_ours(rows: Iterator[Row], width: int, kept: Sequence[int]) -> Iterator[Row]:
    """Return rows as they were before our columns were added; cells beyond these are kept.

    Args:
        rows: the rows of the file.
        width: number of columns of the header.
        kept: those of them that are not ours.
    """
    for row in rows:
        beyond = range(width, len(row.cells))
        yield structs.replace(
            row,
            cells=tuple(row.cell(index) for index in (*kept, *beyond)),
            formats=tuple(row.number_format(index) for index in (*kept, *beyond))
            if row.formats
            else (),
        )
