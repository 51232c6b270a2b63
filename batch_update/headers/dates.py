"""Choose the date column for each kind of row: a payment's date is not the day of posting."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from batch_update.model import DATES, Field

Places = Mapping[Field, Sequence[int]]
"""By field, the columns that may hold it, by index from 0."""

_OF_ONE_STATUS = (Field.DATE_SENT, Field.DATE_PAID)


def candidates(places: Places, named: Collection[Field], dated: Sequence[int]) -> Places:
    """List the columns of dates; a field with more than one must be asked about.

    A date of sending serves rows that are sent, a date of payment those that are paid. A date whose
    header tells no more serves both, if no other column has to do with dates. So does a date of
    sending, with a warning; a date of payment never serves rows that are sent.

    Args:
        places: the columns that may hold each field.
        named: the fields whose columns the user named.
        dated: the columns whose headers speak of dates.
    """
    if Field.DATE in named:
        return {wanted: places.get(wanted, ()) for wanted in DATES if wanted in named}
    found = {wanted: places[wanted] for wanted in _OF_ONE_STATUS if places.get(wanted)}
    sent = found.get(Field.DATE_SENT, ())
    is_alone = len(sent) == 1 and set(dated) <= set(sent) and not DATES & set(named)
    if is_alone and Field.DATE_PAID not in found:
        # The only date that there is: rows that are paid have theirs in it, or none.
        found[Field.DATE_PAID] = sent
    plain = places.get(Field.DATE, ())
    if plain and not found and not DATES & set(named):
        others = [index for index in dated if index not in plain]
        found[Field.DATE] = [*plain, *others]
    return found
