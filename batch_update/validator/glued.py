"""Words and counts that stand right before or behind the digits of a tracking number."""

from __future__ import annotations

import re

from batch_update.i18n import N_, _
from batch_update.validator import carriers
from batch_update.validator.cells import CellRefusedError, show
from batch_update.validator.check_digits import is_proved
from batch_update.validator.patterns import Pattern

_COUNT_BEHIND_TEXT = N_(
    "{found}: a parcel count stands behind the number ({count}). Write the parcel's number only."
)
_COUNT_IN_FRONT_TEXT = N_(
    "{found}: a parcel count stands in front of the number ({count}). Write the parcel's "
    "number only."
)

_WORDS = frozenset(
    {
        *("lost", "missing", "damaged", "hold", "onhold", "waiting", "urgent", "test", "sample"),
        *("order", "orderno", "invoice", "receipt", "customer", "client", "payment", "paid"),
        *("sent", "shipped", "delivered", "pickup", "return", "returned", "refund", "refunded"),
        *("cancel", "canceled", "cancelled", "phone", "mobile", "tel", "telephone", "inn"),
        *("zakaz", "schet", "vozvrat", "otmena", "telefon", "sms", "pvz"),
        *("заказ", "заказа", "счет", "инн", "огрн", "снилс", "договор", "паспорт"),
        *("тел", "телефон", "клиент", "покупатель", "получатель", "адрес", "оплата"),
        *("утерян", "утеряно", "потерян", "потеряно", "поврежден", "возврат", "отмена"),
        *("отменен", "отменено", "отправлен", "отправлено", "доставлен", "доставлено"),
        *("оплачен", "оплачено", "ждем", "ожидание", "срочно", "самовывоз", "коробка", "тест"),
    }
)
"""Words with which no carrier's numbers begin or end."""
_ANY_WORD = f"({'|'.join(sorted(_WORDS))})"
_WORD_IN_FRONT = Pattern(rf"{_ANY_WORD}[-/]?{carriers.STARTS}", re.IGNORECASE)
_WORD_BEHIND = Pattern(rf"{carriers.ENDS}[-/]?{_ANY_WORD}\Z", re.IGNORECASE)

_UNITS_IN_FULL = (
    r"pcs|pieces?|parcels?|packages?|pkgs?|packs?|box|boxes|items?|cartons?|ctns?|units?|шт|штук[аи]?"
    r"|мест[оа]?|короб|коробк[аи]|коробок|посылк[аи]|посылок|пакет|пакета|пакетов"
)
_WHOLE = (
    r"[0-9](?:[ /-]?[0-9]){6,}|[a-z]{1,4} ?[0-9](?:[ /-]?[0-9]){8,}|[a-z]{2}[0-9]{9}[a-z]{2}"
    r"|1z[0-9a-z]{16}"
)
"""A number to whose end a count may be glued: shorter ones may have such letters themselves."""
_KNOWN = r"(?:[a-z]{2}[0-9]{9}[a-z]{2}|1z[0-9a-z]{16})"
_KNOWN_WITHIN = Pattern(_KNOWN, re.IGNORECASE)
_COUNT_BEHIND = Pattern(
    rf"(?:{_WHOLE})(?P<count>[xх×*][0-9]{{1,2}}|[0-9](?:of|из)[0-9]{{1,2}}|(?:{_UNITS_IN_FULL}))\.?",
    re.IGNORECASE,
)
_COUNT_IN_FRONT = Pattern(
    rf"(?P<count>[2-9][xх×*]|[0-9]{{1,2}}(?:{_UNITS_IN_FULL}))"
    rf"(?:[0-9]{{10,}}|{_KNOWN})",
    re.IGNORECASE,
)
_PARCEL_BEHIND = Pattern(
    rf"{_KNOWN} ?[-–—/] ?(?P<count>[0-9]{{1,2}}(?: ?[-/] ?[0-9]{{1,2}})?)", re.IGNORECASE
)
_PARCEL_IN_FRONT = Pattern(rf"(?P<count>[0-9]{{1,2}}) ?[-–—/] ?{_KNOWN}", re.IGNORECASE)
_MAY_COUNT = Pattern(r"[0-9]{10,}[-/]([0-9]{1,2}(?:[-/][0-9]{1,2})?)|([0-9])-[0-9]{14}")


def word_in(number: str) -> str | None:
    """Find a word at the start or the end of a number that is not part of it."""
    plain = re.sub("[ёЁ]", "е", number)
    found = _WORD_IN_FRONT.match(plain) if plain[0].isalpha() else None
    if found is None and plain[-1].isalpha():
        found = _WORD_BEHIND.search(plain)
    return number[slice(*found.span(1))] if found else None


def doubt(number: str) -> str | None:
    """Return the doubt that a part of a number does not belong to it; None without doubt."""
    for found in _KNOWN_WITHIN.finditer(number):
        if found[0] != number and is_proved(found[0]):
            return _(
                "{rpo} holds a whole number ({whole}), and is sent with what stands around "
                "it. Compare it with the parcel's label."
            ).format(rpo=number, whole=found[0])
    part = _MAY_COUNT.fullmatch(number)
    return (
        _(
            "{rpo} is sent as one number, and {count} in it may count parcels. Compare it with "
            "the parcel's label."
        ).format(rpo=number, count=part[1] or part[2])
        if part
        else None
    )


def refuse_counts(plain: str, value: str) -> None:
    """Refuse a number with a count of parcels glued to it."""
    for pattern, text in (
        (_COUNT_BEHIND, _(_COUNT_BEHIND_TEXT)),
        (_COUNT_IN_FRONT, _(_COUNT_IN_FRONT_TEXT)),
        (_PARCEL_BEHIND, _(_COUNT_BEHIND_TEXT)),
        (_PARCEL_IN_FRONT, _(_COUNT_IN_FRONT_TEXT)),
    ):
        if found := pattern.fullmatch(plain):
            raise CellRefusedError(
                "not_valid", text.format(found=show(value), count=found["count"])
            )
