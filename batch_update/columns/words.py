"""The header words themselves, English and Russian.

Source: help pages and export files of Amazon, Shopify, WooCommerce, ShipStation, FedEx, UPS, Ozon,
Wildberries, Yandex Market, Russian Post and CDEK.
"""

from __future__ import annotations

from batch_update import wording
from batch_update.orders import Field

WORDS: dict[Field, tuple[str, ...]] = {
    Field.BILL_ID: (
        "bill_id",
        "order #",
        "order number",
        "order no",
        "order id",
        "order_id",
        "order_number",
        "your_order_id",
        "order-id",
        "orderid",
        "ordernumber",
        "order",
        "order - number",
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
    Field.RPO: (
        "rpo",
        "tracking number",
        "tracking #",
        "tracking no",
        "tracking",
        "tracking id",
        "tracking_number",
        "tracking-number",
        "trackingnumber",
        "tracknumber",
        "track_code",
        "tracking_code",
        "tracking_reference",
        "awb",
        "awb number",
        "hawb",
        "waybill",
        "consignment number",
        "docket number",
        "package id",
        "трек-номер",
        "трек номер",
        "трекномер",
        "трек",
        "трек-код",
        "трекинг номер",
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
        "штрихкод",
        "номер накладной",
        "накладная",
        "ттн",
    ),
    Field.DATE: (
        "date",
        "ship date",
        "ship-date",
        "ship_date",
        "shipdate",
        "shipped date",
        "date shipped",
        "date_shipped",
        "shipped_at",
        "package ship date",
        "paid at",
        "payments-date",
        "date paid",
        "дата",
        "дата отправки",
        "дата отправления",
        "дата отгрузки",
        "дата передачи",
        "дата сдачи",
        "отправлено",
        "дата оплаты",
        "оплачено",
    ),
    Field.STATUS: (
        "status",
        "order status",
        "order - status",
        "shipment status",
        "fulfillment status",
        "shipping status",
        "статус",
        "статус заказа",
        "статус отправления",
        "статус доставки",
        "состояние",
    ),
}

# One exporter writes the courier's code under this header, beside the tracking number.
WEAK_WORDS = frozenset({"tracking_code"})

# They name an order in one sheet and something else in the next, so the user is asked.
AMBIGUOUS_WORDS = {
    Field.BILL_ID: frozenset(
        {
            "reference",
            "reference number",
            "package invoice number",
            "po #",
            "purchase order #",
            "№",
            "номер",
        }
    ),
}

TOTAL_WORDS = frozenset({"total", "totals", "subtotal", "sum", "итого", "всего", "итог"})
VOID_WORDS = ("voided", "void", "void flag", "void?", "is_void")

FIELD_OF_WORD = {
    wording.normalise(word): wanted for wanted, words in WORDS.items() for word in words
}

AMBIGUOUS_FIELD_OF_WORD = {
    wording.normalise(word): wanted for wanted, words in AMBIGUOUS_WORDS.items() for word in words
}
