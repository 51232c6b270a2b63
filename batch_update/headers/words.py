"""The header words themselves, English, Russian and Ukrainian.

Words are compared without regard to case, to blanks, dashes and underscores, and to an asterisk, a
colon or a dot at the end: `order #` stands for `Order#` and `номер отслеживания` for
`Номер_отслеживания*`. A word that ends in `…` stands for all that begin so.

Source, by vendor, where the words were met in help pages, files and programs that read such files:

- Amazon, "Amazon Fulfilled Shipments" and order reports: shipment-date, payments-date; beside them
  purchase-date, reporting-date, promise-date, estimated-arrival-date.
- AST (Advanced Shipment Tracking for WooCommerce), docs.zorem.com, "CSV Import": order_id,
  tracking_number, date_shipped; beside them status_shipped, a number.
- WooCommerce's REST API: date_paid; beside it date_created, date_completed.
- Shopify's export of orders: Name, which is the order's number, Paid at, Fulfilled at, Fulfillment
  Status; beside them Created at, Cancelled at, Financial Status, Lineitem fulfillment status, Id.
  Matrixify: Fulfillment: Tracking Number; beside it Fulfillment: Tracking Company, Tracking URL.
- ShipStation's exports: Order - Number, Shipment - Tracking Number, Shipment - Ship Date,
  Date - Shipped Date, Date - Ship Date; beside them Date - Order Date.
- Zoey, YCloud, ChannelAdvisor, shipments as csv: Order_ID, Invoice Number, Tracking_Number;
  beside them Tracking_Url, Shipping_Carrier. QuickBooks: Tracking No, Ship Date.
- OpenCart, exports of shipments: Order Number, Date Shipped, Tracking Number; beside them Shipment
  Number, which is its own, Date Added.
- LeadVertex, "Columns in account": Send date, Pochta Rossii track; beside them Approve date,
  Buyout date, Return date.
- МойСклад, programs for its API: Номер заказа покупателя. 1С, sheets made from it: № заказа
  клиента, Номер документа, Дата отгрузки (факт); beside it Плановая дата отгрузки.
- RetailCRM, InSales, Tilda: no list of an export's columns was found in public; known are
  only the common words, such as Номер заказа, Статус, Дата оплаты, Трек-номер.
- 1C-Bitrix, module "sale": Идентификатор отправления (of a shipment), Дата оплаты.
- Почта России, list form 103 (Порядок приёма, приложение "Списки"): N п/п, ШПИ or ШИ (штриховой
  идентификатор отправления).
- СДЭК, registers and "CDEK Orders Report": Номер отправления ИМ, Номер накладной СДЭК, Статуса
  заказа; there, Номер заказа is СДЭК's own.
- Boxberry, export and API: Код для слежения, Трек-номер посылки, Номер заказа ИМ, Номер заказа в
  магазине. 5Post: № отправления заказчика.
- Nova Poshta: Номер ТТН, Номер ЕН, Номер експрес-накладної, Дата відправки.
- Ozon, reports on orders: Фактическая дата передачи в доставку; beside it Номер отправления, which
  is Ozon's own, Принят в обработку, Дата отгрузки без просрочки, Дата доставки, Дата отмены.
- Wildberries, lists of jobs: № задания and Номер сборочного задания are its own, Штрихкод is that
  of the goods.
- Yandex Market, "Заказы" as xls: Ваш номер заказа, Статус заказа, Дата отгрузки; beside them Номер
  заказа, which is the Market's, Дата оформления, Статус изменён.
- FedEx, UPS, Shiprocket: Ship date, Tracking ID, AWB Code, Voided.

Words that stand with no vendor are plain variants of these.
"""

from __future__ import annotations

import re
from functools import lru_cache

from batch_update import wording
from batch_update.model import Field

WORDS: dict[Field, tuple[str, ...]] = {
    Field.BILL_ID: (
        "bill_id",
        "order #",
        "order number",
        "order no",
        "order id",
        "your order id",
        "order",
        "sales order id",
        "sales order",
        "so number",
        "номер заказа",
        "№ заказа",
        "заказ №",
        "id заказа",
        "заказ",
        "идентификатор заказа",
        "номер отправления им",
        "номер заказа в им",
        "номер накладной клиента",
        "ваш номер заказа",
        "номер задания",
        "номер замовлення",
        "número de orden",
    ),
    Field.STATUS: (
        "status",
        "order status",
        "shipment status",
        "fulfillment status",
        "shipping status",
        "статус",
        "статус заказа",
        "статус отправления",
        "статус доставки",
        "состояние",
    ),
    Field.DATE: ("date", "дата"),
    Field.DATE_SENT: (
        "ship date",
        "shipped date",
        "date shipped",
        "shipped at",
        "package ship date",
        "дата отправки",
        "дата отправления",
        "дата отгрузки",
        "дата передачи",
        "дата сдачи",
        "фактическая дата передачи в доставку",
        "фактическая дата отгрузки",
        "дата фактической отгрузки",
        "дата отгрузки (факт)",
    ),
    Field.DATE_PAID: (
        "paid at",
        "payments-date",
        "date paid",
        "дата оплаты",
    ),
    Field.RPO: (
        "rpo",
        "tracking number",
        "tracking #",
        "tracking no",
        "tracking",
        "tracking id",
        "track number",
        "track code",
        "tracking reference",
        "awb",
        "awb number",
        "hawb",
        "waybill",
        "consignment number",
        "docket number",
        "package id",
        "трек-номер",
        "трек",
        "трек-код",
        "трекинг-номер",
        "трекинг-код",
        "номер отслеживания",
        "код отслеживания",
        "шпи",
        "рпо",
        "номер рпо",
        "штриховой почтовый идентификатор",
        "идентификатор отправления",
        "номер почтового отправления",
        "номер накладной",
        "накладная",
        "ттн",
    ),
}

WEAK_WORDS: dict[Field, tuple[str, ...]] = {
    Field.BILL_ID: (
        "номер заказа покупателя",
        "№ заказа покупателя",
        "номер заказа клиента",
        "№ заказа клиента",
        "номер заказа в магазине",
        "номер заказа магазина",
        "номер заказа им",
        "номер заказа интернет-магазина",
        "номер отправления заказчика",
        "№ отправления заказчика",
        "№ замовлення",
        "merchant order number",
        "shop order number",
        "store order number",
    ),
    Field.STATUS: (
        "статуса заказа",
        "состояние заказа",
        "статус посылки",
        "статус отгрузки",
        "статус замовлення",
        "order state",
    ),
    Field.DATE: (),
    Field.DATE_SENT: (
        "date sent",
        "shipping date",
        "dispatch date",
        "date dispatched",
        "shipment date",
        "shipped on date",
        "shipped on",
        "send date",
        "fulfilled at",
        "date - shipped date",
        "date - ship date",
        "shipment - ship date",
        "дата передачи в …",
        "дата передачи на доставку",
        "дата отправки заказа",
        "дата отправки посылки",
        "дата відправки",
        "дата відправлення",
        # They may as well say yes or no, or how much, with the day in another column.
        "отправлено",
    ),
    Field.DATE_PAID: (
        "payment date",
        "paid date",
        "paid on",
        "date - paid date",
        "дата платежа",
        "дата и время оплаты",
        "дата поступления оплаты",
        "дата оплати",
        "оплачено",
    ),
    Field.RPO: (
        # One exporter writes the courier's code under this header, beside the tracking number.
        "tracking_code",
        "shipment - tracking number",
        "fulfillment: tracking number",
        "shipping tracking number",
        "carrier tracking number",
        "track",
        "track no",
        "track #",
        "awb no",
        "awb code",
        "waybill number",
        "waybill no",
        "consignment no",
        "pochta rossii track",
        "номер трека",
        "номер трека сдэк",
        "трек-номер сдэк",
        "трек сдэк",
        "трек-номер почты россии",
        "трек-номер отправления",
        "трек-номер посылки",
        "трек-код отправления",
        "номер для отслеживания",
        "код для отслеживания",
        "код для слежения",
        "номер накладной сдэк",
        "номер экспресс-накладной",
        "номер ттн",
        "№ ттн",
        "номер ен",
        "номер експрес-накладної",
        "номер шпи",
        "шпи или ши",
        "штриховой идентификатор отправления",
        "почтовый идентификатор",
        "номер почтового идентификатора",
    ),
}
"""Weak words: they name a field only where no strong word does."""

EXAMPLES = {
    Field.BILL_ID: ("bill_id", "Order number", "Номер заказа"),
    Field.STATUS: ("status", "Status", "Статус"),
    Field.DATE: ("date", "Date", "Дата"),
    Field.DATE_SENT: ("Ship date", "Дата отгрузки"),
    Field.DATE_PAID: ("Paid at", "Дата оплаты"),
    Field.RPO: ("rpo", "Tracking number", "Трек-номер"),
}
"""Headers to be shown in messages."""

AMBIGUOUS_WORDS = {
    Field.BILL_ID: (
        "reference",
        "reference number",
        "package invoice number",
        "invoice number",
        "po #",
        "purchase order #",
        "номер документа",
        "код заказа",
        "№",
        "#",
        "name",
        "номер",
    ),
    Field.RPO: ("штрихкод", "штриховой код", "barcode"),
}
"""Words for a field in one sheet and for something else in the next, so the user is asked."""

LAST_ASKED = ("№", "#", "name")
"""Words that mostly number the lines or name the customer, so the user is asked about them last."""

INVOICES = ("номер накладной", "накладная")
"""A carrier's number: the tracking number, or an invoice's if a tracking number is beside it."""

OTHER_DATES = (
    "created at",
    "created",
    "updated at",
    "updated",
    "modified at",
    "modified",
    "last modified",
    "completed at",
    "completed on",
    "received at",
    "received on",
    "processed at",
    "cancelled at",
    "closed at",
    "delivered at",
    "delivered on",
    "delivered",
    "ordered at",
    "ordered on",
    "ship by",
    "deliver by",
    "deadline",
    "due",
    "payment due",
    "pay by",
    "eta",
    "expected delivery",
    "estimated delivery",
    "принят в обработку",
    "создан",
    "создано",
    "оформлен",
    "доставлено",
    "вручено",
    "отгрузить до",
    "доставить до",
    "срок",
    "срок отгрузки",
    "срок доставки",
    "срок оплаты",
    "оплатить до",
    "оплачено до",
    "дедлайн",
    "статус изменён",
    "изменён",
    "изменено",
    "обновлено",
)
"""Dates of other events, whose headers do not show that they are dates."""

TRAPS = (
    "№ п/п",
    "п/п",
    "n п/п",
    "номер по порядку",
    "número",
    "номер отправления",
    "№ отправления",
    "номер сборочного задания",
    "№ задания",
    "номер заказа ozon",
    "номер заказа wildberries",
    "amazon-order-id",
    "order-item-id",
    "shipment id",
    "shipment number",
    "номер отгрузки",
    "номер места",
    "номер шк места",
    "id склада",
    "статус оплаты",
    "payment status",
    "financial status",
    "lineitem fulfillment status",
    "fulfillment: status",
    "fulfillment: shipment status",
    "status_shipped",
    "статус wb",
    "tracking url",
    "tracking link",
    "tracking company",
    "tracking carrier",
    "tracking provider",
    "tracking status",
    "fulfillment: tracking company",
    "fulfillment: tracking url",
    "ссылка для отслеживания",
    "оплачено покупателем",
)
"""Words that look like a field and are none: never taken, never offered."""

TOTAL_WORDS = frozenset({"total", "totals", "subtotal", "sum", "итого", "всего", "итог"})
VOID_WORDS = (
    *("voided", "void", "void flag", "void?", "is_void", "cancelled", "canceled", "annulled"),
    *("аннулировано", "аннулирован", "отменено", "отменён", "отменен"),
)

_SEPARATORS = re.compile(r"[\s_\u2010-\u2015\u2212-]+")
_DATE_WORD = re.compile(r"\b(?:dates?|datetime|дат[аы])\b|date\b|\bдата")
_ORDER_WORD = re.compile(r"(?:^| )(?:заказ(?!чи)\w*|замовлення|orders?)(?: |$)")
_ORDER = re.compile(r"заказ|замовлен|order")
_ABOUT_ORDER = re.compile(
    r"стату|состоя|сумм|тип|источ|коммент|примеч|способ|кол|цен|стоим|врем|позици|товар|"
    r"status|state|total|sum|amount|type|source|note|comment|method|qty|quantity|price|time|item|"
    r"url|link|channel|value|weight"
)
"""With these words a column describes the order, and does not identify it."""
_NO_NUMBER = re.compile(
    r"stat(?:us|e)\b|статус|url\b|link\b|ссылк|company|carrier|provider|служба|перевозчик"
)
_MORE = "…"
_WITHIN_SHOP = re.compile(
    r"сборк|комплект|упаков|производ|архив|работ|обработ|бухгалт|банк|оплат|печат|ремонт|резерв"
)
"""The point where a shop hands orders over; the parcel has not left it."""
_LONGEST = 200
"""Longest header; a longer text is none, and may be very long."""
_REMEMBERED = 4096


@lru_cache(_REMEMBERED)
def _spaced(beginning: str) -> str:
    text = wording.normalise(beginning).strip(" *").rstrip(":.* ")
    return _SEPARATORS.sub(" ", text).strip()


def spaced(header: str) -> str:
    """Bring a header to words with one blank between them."""
    return _spaced(header[:_LONGEST])


def compact(header: str) -> str:
    """Bring a header to the form in which headers are compared, without any blank."""
    return spaced(header).replace(" ", "")


def accepted_words(wanted: Field) -> tuple[str, ...]:
    """List the header words that name a field."""
    return WORDS[wanted] + WEAK_WORDS[wanted]


_STRONG = {compact(word): wanted for wanted, words in WORDS.items() for word in words}
_WEAK = {compact(word): wanted for wanted, words in WEAK_WORDS.items() for word in words}
_BEGINNINGS = {
    f"{spaced(word.removesuffix(_MORE))} ": wanted
    for wanted, words in WEAK_WORDS.items()
    for word in words
    if word.endswith(_MORE)
}
_AMBIGUOUS = {compact(word): wanted for wanted, words in AMBIGUOUS_WORDS.items() for word in words}
_LONG = [
    (f"{spaced(word)} ", wanted)
    for wanted in Field
    for word in accepted_words(wanted)
    if " " in spaced(word)
]
_LAST_ASKED = frozenset(map(compact, LAST_ASKED))
_INVOICES = frozenset(map(compact, INVOICES))
_OTHER_DATES = frozenset(map(compact, OTHER_DATES))
_TRAPS = frozenset(map(compact, TRAPS))
_VOID = tuple(map(compact, VOID_WORDS))


def strong_meaning(header: str) -> Field | None:
    """Return the field that a header names, whatever stands beside it."""
    return _STRONG.get(compact(header))


def weak_meaning(header: str) -> Field | None:
    """Return the field that a header names if no other header does."""
    wanted = _WEAK.get(compact(header))
    if wanted is None:
        text = spaced(header)
        found = (field for start, field in _BEGINNINGS.items() if text.startswith(start))
        wanted = None if _WITHIN_SHOP.search(text) else next(found, None)
    return wanted


def meaning(header: str) -> Field | None:
    """Return the field that a header names, surely or if no other header does."""
    return strong_meaning(header) or weak_meaning(header)


def may_mean(header: str, wanted: Field) -> bool:
    """Return whether a header may name a field: an ambiguous word, or a known one with more."""
    form = compact(header)
    if form in _TRAPS:
        return False
    if _AMBIGUOUS.get(form) is wanted:
        return True
    if wanted is Field.RPO and speaks_of_tracking(header):
        return True
    if wanted is Field.BILL_ID and _speaks_of_order(header):
        return True
    if wanted in {Field.DATE_SENT, Field.DATE_PAID}:
        return _STRONG.get(form) is Field.DATE
    text = spaced(header)
    return any(text.startswith(start) for start, field in _LONG if field is wanted)


def is_asked_last(header: str) -> bool:
    """Return whether a header mostly means something else, such as line numbers."""
    return compact(header) in _LAST_ASKED


def is_invoice(header: str) -> bool:
    """Return whether a header can mean the tracking number or an invoice's number."""
    return compact(header) in _INVOICES


def speaks_of_tracking(header: str) -> bool:
    """Return whether a header is about tracking numbers."""
    form = compact(header)
    if form in _TRAPS or _NO_NUMBER.search(form) or speaks_of_date(header):
        return False
    return "трек" in form or "track" in form


def _speaks_of_order(header: str) -> bool:
    """Return whether a header is about orders, without telling which part of them."""
    if strong_meaning(header) or weak_meaning(header) or speaks_of_date(header):
        return False
    text = spaced(header)
    return _ORDER_WORD.search(text) is not None and not _ABOUT_ORDER.search(text)


def mentions_order(header: str) -> bool:
    """Return whether a header has a word for orders in it, in any form, whatever it is about."""
    return _ORDER.search(spaced(header)) is not None


def speaks_of_date(header: str) -> bool:
    """Return whether a header is about dates of any kind."""
    form = compact(header)
    known = _STRONG.get(form) or weak_meaning(header)
    if known is not None:
        return known.topic is Field.DATE
    return form in _OTHER_DATES or _DATE_WORD.search(spaced(header)) is not None


def void_column(headers: list[str]) -> int | None:
    """Find the column where a carrier marks a shipment as withdrawn."""
    forms = [compact(header) for header in headers]
    return next((forms.index(word) for word in _VOID if word in forms), None)
