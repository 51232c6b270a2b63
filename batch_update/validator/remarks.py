"""Remarks in the cell of a tracking number: links, dates, words, counts."""

from __future__ import annotations

import re

from batch_update import wording
from batch_update.i18n import _
from batch_update.validator import carriers, glued, groups
from batch_update.validator.cells import CellRefusedError, show
from batch_update.validator.dates import month_of
from batch_update.validator.patterns import Pattern

_ENDINGS = (
    "com ru net org info рф su ua by kz uz am ge eu de uk us cn fr pl it es nl cz lt lv ee io me "
    "app biz pro online shop store link to cc ly jp kr ca au ch at se fi dk"
)
_LINK = Pattern(
    r"(?:https?|ftp):/|(?<![\w@.])(?:www\.|[a-zа-я][a-zа-я0-9-]+(?:\.[a-zа-я0-9-]+)*\."
    rf"(?:{_ENDINGS.replace(' ', '|')})(?=[/?#: ]|$))",
    re.IGNORECASE,
)
_PART_OF_LINK = Pattern(r"[A-Za-z0-9]+")
_NUMBER_IN_LINK = Pattern(r"[A-Z]{0,4}[0-9]{8,30}(?:[A-Z]{2})?|1Z[0-9A-Z]{16}", re.IGNORECASE)

_SIGN_OF_DATES = Pattern(
    r"(?<![0-9])[0-9]{1,2}[-./ ]|[0-9][-./ ]{0,2}[^\W\d_]{3}|[^\W\d_]{3}[-./ ]{0,2}[0-9]"
)
_BEFORE, _AFTER = r"(?<![\w./-])", r"(?=$|[ ,;)\]г]|T[0-9]{2}:?[0-9]{2})"
_MONTH, _S = "(?P<name>[a-zа-я]{3,9})", "[-./ ]{0,2}"
_DATES = (
    Pattern(rf"{_BEFORE}(?P<y>[0-9]{{4}})([-./])(?P<a>[0-9]{{1,2}})\2(?P<b>[0-9]{{1,2}}){_AFTER}"),
    Pattern(
        rf"{_BEFORE}(?P<a>[0-9]{{1,2}})([-./])(?P<b>[0-9]{{1,2}})\2(?P<y>[0-9]{{4}}|[0-9]{{2}})"
        rf"{_AFTER}"
    ),
    # With blanks only where nothing else stands there, since groups of a number may look so too.
    Pattern(r"\A(?P<a>[0-9]{1,2}) (?P<b>[0-9]{1,2}) (?P<y>20[0-9]{2})\Z"),
    Pattern(r"\A(?P<y>20[0-9]{2}) (?P<a>[0-9]{1,2}) (?P<b>[0-9]{1,2})\Z"),
    Pattern(
        rf"{_BEFORE}(?P<a>[0-9]{{1,2}}){_S}{_MONTH}{_S}(?P<y>[0-9]{{4}}|[0-9]{{2}}){_AFTER}",
        re.IGNORECASE,
    ),
    Pattern(
        rf"{_BEFORE}{_MONTH}[-./ ]{{1,2}}(?P<a>[0-9]{{1,2}})(?:[-./]|,? )"
        rf"(?P<y>[0-9]{{4}}|[0-9]{{2}}){_AFTER}",
        re.IGNORECASE,
    ),
    Pattern(
        rf"{_BEFORE}{_MONTH}(?P<a>[0-9]{{1,2}})(?:[-./]|, ?| )(?P<y>[0-9]{{4}}){_AFTER}",
        re.IGNORECASE,
    ),
    Pattern(
        rf"{_BEFORE}(?P<y>[0-9]{{4}}){_S}{_MONTH}{_S}(?P<a>[0-9]{{1,2}}){_AFTER}", re.IGNORECASE
    ),
    Pattern(rf"\A(?P<y>[0-9]{{4}}){_S}{_MONTH}\Z", re.IGNORECASE),
    # Glued to the digits of a number.
    Pattern(
        rf"(?P<a>0?[1-9]|[12][0-9]|3[01])[-./]?{_MONTH}[-./]?(?P<y>20[0-9]{{2}}){_AFTER}",
        re.IGNORECASE,
    ),
    # Spreadsheets' form of a day and a month, or of a month and a year.
    Pattern(rf"\A(?P<a>[0-9]{{1,2}}){_S}{_MONTH}\Z", re.IGNORECASE),
    Pattern(rf"\A{_MONTH}{_S}(?:(?P<y>[0-9]{{4}})|(?P<a>[0-9]{{1,2}}))\Z", re.IGNORECASE),
)

_UNITS = (
    r"pcs?|pieces?|parcels?|packages?|pkgs?|packs?|box|boxes|items?|cartons?|ctns?|units?|шт|штук[аи]?"
    r"|мест[оа]?|короб|коробк[аи]|коробок|посылк[аи]|посылок|пакет|пакета|пакетов|упаковк[аи]|упаковок"
)
_OF = r"(?P<part>[0-9]{1,2}) ?(?:/|of|из|з) ?(?P<whole>[0-9]{1,2})"
_TIMES = r"[0-9]{1,2} ?[xх×]"
_SO_MANY = rf"[0-9]{{1,3}} ?(?:{_UNITS})\.?"
_COUNT_BEHIND = Pattern(
    rf"(?P<number>.+?)(?: ?[,;] ?| ?[(\[]| (?:[–—-] )?[(\[]?)"
    rf"(?P<count>{_OF}|{_TIMES}|[xх×*] ?[0-9]{{1,3}}|{_SO_MANY}|(?:{_UNITS})\.?:? ?[0-9]{{1,3}})"
    r"[)\]]?\.?",
    re.IGNORECASE,
)
_COUNT_IN_FRONT = Pattern(
    rf"[(\[]?(?P<count>{_OF}|{_TIMES}|{_SO_MANY})[)\]]?(?: ?[:,;] ?| [–—-] | )(?P<number>.+)",
    re.IGNORECASE,
)
_DIGITS_OF_A_NUMBER = 5

_NOTHING = frozenset(
    {
        *("б/н", "бн", "б.н", "без номера", "без трека", "без трек-номера", "без накладной"),
        *("нет номера", "нет трека", "нет трек-номера", "номера нет", "трека нет", "трек нет"),
        *("нет данных", "не указан", "не указано", "не присвоен", "отсутствует", "пусто", "н/д"),
        *("no tracking", "no track", "no number", "no tracking number", "not available", "tba"),
        *("tbd", "without tracking", "empty", "nil"),
    }
)
"""Texts that state that there is no number; for the tracking number alone."""
_LETTERS_OF_A_WORD = 3
_SHORT_WORDS = frozenset(
    {
        *("ok", "no", "as", "is", "to", "of", "on", "at", "in", "by", "up", "or", "if"),
        *("ок", "на", "по", "до", "от", "из", "за", "об", "ко", "со", "во", "не", "да", "ул", "см"),
        *("шт", "кг"),
    }
)
"""Words of two letters; any others may be a number's own."""


def refuse_links(plain: str, value: str) -> None:
    """Refuse the address of a page, naming the number in it if there is one."""
    if ("." in plain or ":" in plain) and _LINK.search(plain):
        parts = {part.upper() for part in _PART_OF_LINK.findall(plain)}
        numbers = [part for part in parts if _NUMBER_IN_LINK.fullmatch(part)]
        example = _(", such as {number}").format(number=numbers[0]) if len(numbers) == 1 else ""
        raise CellRefusedError(
            "not_valid",
            _("{found} is a link; write the number only{example}.").format(
                found=show(value), example=example
            ),
        )


def refuse_dates(plain: str, value: str) -> None:
    """Refuse a text that holds a date."""
    if not _SIGN_OF_DATES.search(plain):
        return
    for pattern in _DATES:
        found = pattern.search(plain)
        if found and _is_date(found):
            raise CellRefusedError(
                "not_valid",
                _("{found} holds a date ({date}). Write the parcel's number only.").format(
                    found=show(value), date=found[0]
                ),
            )


def _is_date(found: re.Match[str]) -> bool:
    """Return whether parts of a number could be those of a day of these years."""
    parts = found.groupdict()
    year = parts.get("y") or ""
    # So a cell of any day is written out in results and csv.
    is_iso = found[0][4:5] == "-" and found[0].startswith(year)
    first, last = (1899, 9999) if is_iso else (1990, 2099)
    if len(year) == 4 and not first <= int(year) <= last:
        return False
    if "name" in parts:
        return month_of(parts["name"]) > 0 and 1 <= int(parts.get("a") or 1) <= 31
    smaller, larger = sorted((int(parts["a"]), int(parts["b"])))
    return 1 <= smaller <= 12 and larger <= 31


def refuse_counts(plain: str, value: str) -> None:
    """Refuse a number beside a count of parcels, or beside the place of one among them."""
    for pattern, text in (
        (
            _COUNT_BEHIND,
            _(
                "{found}: a parcel count stands behind the number ({count}). Write the "
                "parcel's number only."
            ),
        ),
        (
            _COUNT_IN_FRONT,
            _(
                "{found}: a parcel count stands in front of the number ({count}). Write the "
                "parcel's number only."
            ),
        ),
    ):
        found = None if plain.isalnum() else pattern.fullmatch(plain)
        if found and _is_count(found):
            raise CellRefusedError(
                "not_valid", text.format(found=show(value), count=found["count"])
            )
    glued.refuse_counts(plain, value)


def _is_count(found: re.Match[str]) -> bool:
    if sum(char.isdigit() for char in found["number"]) < _DIGITS_OF_A_NUMBER:
        return False
    return found["part"] is None or 1 <= int(found["part"]) <= int(found["whole"])


def refuse_none(plain: str, value: str) -> None:
    """Refuse a text that states that there is no number."""
    has_digit = any(map(str.isdigit, plain))
    if not has_digit and wording.normalise(plain) in _NOTHING:
        raise CellRefusedError(
            "missing",
            _("{found} says that there is no tracking number. Write the parcel's number.").format(
                found=show(value)
            ),
        )


def refuse_words(plain: str, value: str) -> None:
    """Refuse a text that has words and no number, or words beside one."""
    if not any(map(str.isdigit, plain)):
        raise CellRefusedError(
            "not_valid",
            _(
                "{found} is not a tracking number: it has no digit. Write the parcel's number."
            ).format(found=show(value)),
        )
    first, *others = plain.split(" ")
    words = others if first.upper() in groups.FIRST_GROUPS else [first, *others]
    if found := list(filter(_is_word, words)):
        word = next(filter(_is_long, found), found[0])
        if name := carriers.name_within(plain):
            raise groups.holds_name([name], value)
        raise CellRefusedError(
            "not_valid",
            _("{found} holds words ({word}). Write the parcel's number only.").format(
                found=show(value), word=word
            ),
        )


def _is_word(group: str) -> bool:
    """Return whether a group has the letters of a word and no digit."""
    letters = "".join(filter(str.isalpha, group)).lower()
    return not any(map(str.isdigit, group)) and (_is_long(letters) or letters in _SHORT_WORDS)


def _is_long(group: str) -> bool:
    return sum(map(str.isalpha, group)) >= _LETTERS_OF_A_WORD
