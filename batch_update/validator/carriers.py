"""Names of carriers, and words such as "track no.", that stand beside a number in its cell."""

from __future__ import annotations

import re
from typing import NamedTuple

from batch_update.validator.patterns import Pattern

_CARRIERS = (
    *("CDEK", "СДЭК", "UPS", "USPS", "FedEx", "Fed Ex", "DHL", "DHL Express", "ДХЛ", "TNT", "DPD"),
    *("ДПД", "GLS", "Hermes", "Evri", "Royal Mail", "Parcelforce", "Aramex", "LaserShip", "OnTrac"),
    *("Canada Post", "Australia Post", "AusPost", "Deutsche Post", "Swiss Post", "La Poste"),
    *("Colissimo", "Chronopost", "PostNL", "PostNord", "Poczta Polska", "InPost", "Packeta"),
    *("China Post", "Cainiao", "Yanwen", "YunExpress", "4PX", "SF Express", "J&T", "Japan Post"),
    *("Korea Post", "Singapore Post", "Hongkong Post", "Amazon", "Amazon Logistics"),
    *("Почта", "Почта России", "Почта РФ", "Russian Post", "Russia Post", "Pochta", "EMS", "ЕМС"),
    *("EMS Почта России", "EMS Russian Post", "Boxberry", "Боксберри", "ПЭК", "PEK", "КИТ", "KIT"),
    *("Деловые Линии", "ДЛ", "Dellin", "ЖелДорЭкспедиция", "ЖДЭ", "Байкал Сервис", "Энергия"),
    *("ВозОвоз", "Яндекс", "Яндекс Доставка", "Yandex", "Yandex Delivery", "Ozon", "Озон"),
    *(
        "Wildberries",
        "Вайлдберриз",
        "WB",
        "5post",
        "PickPoint",
        "ПикПоинт",
        "IML",
        "ИМЛ",
        "Major",
        "Major Express",
    ),
    *("Dimex", "Димэкс", "Pony Express", "СПСР", "SPSR", "КСЭ", "CSE", "Курьер Сервис Экспресс"),
    *("Гарантпост", "Достависта", "Nova Poshta", "Nova Post", "Новая Почта", "Нова Пошта"),
    *("Укрпочта", "Укрпошта", "Ukrposhta", "Meest", "Белпочта", "Belpost", "Казпочта", "Kazpost"),
)
_LABELS = (
    *("трек", "трек номер", "трек код", "номер трека", "трекинг", "трекинг номер", "трекинг код"),
    *("номер", "номер отслеживания", "код отслеживания", "номер отправления", "номер посылки"),
    *("номер накладной", "накладная", "накл", "ттн", "шпи", "рпо", "отправление", "посылка"),
    *("tracking", "tracking number", "tracking no", "tracking id", "tracking code", "track"),
    *("track number", "track no", "track code", "waybill", "waybill number", "awb", "consignment"),
    *("consignment number", "parcel", "parcel number", "number", "rpo"),
)


def _any_of(words: tuple[str, ...]) -> str:
    """Make a pattern of words, the longest first; two words may also be written as one."""
    longest_first = sorted(words, key=len, reverse=True)
    return "|".join(re.escape(word).replace(r"\ ", "[ -]?") for word in longest_first)


_NAME = rf"(?P<name>{_any_of(_CARRIERS + _LABELS)})"
_OPEN, _CLOSE, _BETWEEN = r"[(\[{«\"“]", r"[)\]}»\"”]", r"[ :;,.=_–—/-]"
_IN_FRONT = Pattern(
    rf"{_OPEN}?{_NAME}(?![^\W_])(?P<gap>{_CLOSE}?{_BETWEEN}*)(?P<rest>.*)", re.IGNORECASE
)
_BEHIND = Pattern(
    rf"(?P<rest>.*?)(?P<gap>{_BETWEEN}*{_OPEN}?)(?<![^\W_]){_NAME}(?:\.?{_CLOSE}?|{_CLOSE}\.)",
    re.IGNORECASE,
)
_NUMBER_SIGN = Pattern(
    r"(?P<name>№|#|[nN][°º]|(?:[nN][oOrR]|NUM|[nN]um)\.|(?:No|no|Nr|nr)(?= ?[:#№]| [0-9 -]+$)"
    r"|[nN](?= [0-9]{6,}$))"
    r" ?:? ?(?P<rest>.*)"
)
_WRAPPED = Pattern(r"\((.*)\)|\[(.*)\]|\{(.*)\}|«(.*)»|\"(.*)\"|“(.*)”")
_HAS_WORD = Pattern(r"[^\W\d_]{2}|[№#°º&]|[nN] [0-9]")
_CARRIER = Pattern(_any_of(_CARRIERS), re.IGNORECASE)
_SET_OFF = Pattern(rf"(?<![\w/-])(?:{_any_of(_CARRIERS)})(?![\w/-])", re.IGNORECASE)
_INTERNATIONAL = "[a-z]{2}[0-9]{9}[a-z]{2}"
STARTS = rf"(?=(?:jjd|tba|ltn)?[0-9]|{_INTERNATIONAL}\Z)"
"""Start of a number, as a pattern that small letters match too."""
ENDS = rf"(?:(?<=[0-9])|(?<=\b{_INTERNATIONAL}))"
_GLUED = Pattern(rf"{_NAME}[-/]?{STARTS}", re.IGNORECASE)
_GLUED_BEHIND = Pattern(rf"{ENDS}[-/]?{_NAME}\Z", re.IGNORECASE)
_SIGNS_OF_NUMBERS = frozenset("-/")
_PLAIN = Pattern(r"[0-9]{8,}|[A-Z]{2}[0-9]{9}[A-Z]{2}|1Z[0-9A-Z]{16}", re.IGNORECASE)
_SHORTEST_NAME = 4
"""Letters beside digits that are enough to know a name; real numbers have fewer there."""
SHORT_NAMES = ("UPS", "DHL", "TNT", "DPD", "GLS", "EMS")
"""Shorter names, with the number of digits beside which they are known."""
_DIGITS_OF_A_NUMBER = 10


class Named(NamedTuple):
    """A cell's text without the names beside the number.

    Args:
        names: the names taken off, as they were written.
        rest: the text that is left.
    """

    names: tuple[str, ...]
    rest: str

    @property
    def shown(self) -> str:
        """The names taken off, for a message."""
        return ", ".join(self.names)


def take_off(text: str) -> Named:
    """Remove names of carriers and the like from both ends of a text.

    A name is one only if a blank, a bracket or a sign sets it off. Where that sign is a hyphen or
    slash, as numbers have them too, the rest must be a number beyond doubt.
    """
    names: list[str] = []
    rest = text
    if not _HAS_WORD.search(text):
        return Named((), text)
    while found := _in_front(rest) or _behind(rest):
        name, rest = found
        names.append(name)
        rest = _unwrapped(rest)
    return Named(tuple(names), rest)


def is_carrier(name: str) -> bool:
    """Return whether a word is the name of a carrier, and not one such as "track no."."""
    return _CARRIER.fullmatch(name) is not None


def name_within(text: str) -> str | None:
    """Find a carrier's name, set off, anywhere in a text."""
    found = _SET_OFF.search(text)
    return found[0] if found else None


def name_glued_on(number: str) -> str | None:
    """Find a name right before or behind digits, too long to be a number's own letters."""
    found = _GLUED.match(number) if number[0].isalpha() else None
    if found is None and number[-1].isalpha():
        found = _GLUED_BEHIND.search(number)
    return found["name"] if found and _is_known(found["name"], number) else None


def _is_known(name: str, number: str) -> bool:
    """Return whether letters beside digits are the name that they look like."""
    if not name.isascii() or len(name) >= _SHORTEST_NAME:
        return True
    digits = sum(map(str.isdigit, number))
    return name.upper() in SHORT_NAMES and digits >= _DIGITS_OF_A_NUMBER


def _in_front(text: str) -> tuple[str, str] | None:
    if sign := _NUMBER_SIGN.fullmatch(text):
        return sign["name"], sign["rest"]
    found = _IN_FRONT.fullmatch(text)
    if found is None:
        return None
    name, gap, rest = found["name"], found["gap"], found["rest"]
    is_set_off = gap or not rest or rest[0] in '№#([{«"“'
    return (name, rest) if is_set_off and _is_clear(name, gap, rest) else None


def _behind(text: str) -> tuple[str, str] | None:
    found = _BEHIND.fullmatch(text)
    if found is None:
        return None
    name, gap, rest = found["name"], found["gap"], found["rest"]
    return (name, rest) if gap and _is_clear(name, gap, rest) else None


def _is_clear(name: str, gap: str, rest: str) -> bool:
    """Return whether the sign that sets a name off may be no part of a number at its side."""
    return gap not in _SIGNS_OF_NUMBERS or not name.isascii() or bool(_PLAIN.fullmatch(rest))


def _unwrapped(text: str) -> str:
    """Remove brackets around the whole rest."""
    text = text.strip()
    found = _WRAPPED.fullmatch(text)
    return next(filter(None, found.groups()), "").strip() if found else text
