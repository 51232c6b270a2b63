"""Order numbers with what a shop puts around them."""

from __future__ import annotations

from tests.cases.case import Case, Cell

PREFIX = "--order-prefix=ORD-"
SUFFIX = "--order-suffix=-1"
NO_NUMBER = "bill_id_not_a_number"
SAID = {
    "Заказ №1080": "Заказ №",
    "Заказ № 1080": "Заказ №",
    "Заказ 1080": "Заказ",
    "заказ№1080": "заказ№",
    "Заказ: 1080": "Заказ:",
    "Order 1080": "Order",
    "Order #1080": "Order #",
    "№ Заказ 1080": "Заказ",
    "ORD-001080": "ORD-",
    "ORD_1080": "ORD_",
    "A1080": "A",
}
"""Order numbers, and the prefix of which the message says that it reads them."""
NOT_SAID = (
    "Заказ 1 080",
    "Заказ 1080-2",
    "Заказ 1080 (1)",
    "Заказ 1080.5",
    "Заказ 0",
    "ORD-2026-1080",
    "O$1080",
    'O"1080',
    "-1080",
    "Заказ 99999999999999999999",
    "Номер вашего заказа в магазине 1080",
)
"""Order numbers that no prefix would read, or none that can be typed easily."""


def affixed(name: str, cell: Cell, expected: str, *options: str) -> Case:
    """Make a case of one order number."""
    wire = expected if expected.startswith("bill_id_") else f"{expected} cancel"
    return Case(
        name=f"order number with an affix: {name}",
        rows=((cell, "cancel"),),
        expected=(wire,),
        options=options,
    )


CASES = (
    affixed("nobody has said the prefix", "ORD-1002", NO_NUMBER),
    affixed("nobody has said the suffix", "100004-1", NO_NUMBER),
    affixed("nobody has said the part", "1003/2", NO_NUMBER),
    affixed("prefix", "ORD-1002", "1002", PREFIX),
    affixed("suffix", "100004-1", "100004", SUFFIX),
    affixed("part", "1003/2", "1003", "--order-suffix", "/2"),
    affixed("suffix as a word of its own", "100004-1", "100004", "--order-suffix", "-1"),
    affixed("both", "ord-1002-1", "1002", PREFIX, SUFFIX),
    affixed("another case", "ord-1002", "1002", PREFIX),
    affixed("another width", "ＯＲＤ－1002", "1002", PREFIX),
    affixed("Cyrillic", "заказ 1002", "1002", "--order-prefix=Заказ"),
    affixed("number sign in front", "№ ORD-1002", "1002", PREFIX),
    affixed("number sign in the prefix", "№-1002", "1002", "--order-prefix=№-"),
    affixed("zeros behind the prefix", "ORD-001002", "1002", PREFIX),
    affixed("blanks around", " ORD- 1002 ", "1002", PREFIX),
    affixed("one of several", "1003/2", "1003", SUFFIX, "--order-suffix=/2"),
    affixed("a number without it", "1002", "1002", PREFIX, SUFFIX),
    affixed("a number cell", 1002, "1002", PREFIX, SUFFIX),
    affixed("a number that ends like it", "10021", "10021", "--order-suffix=/1", SUFFIX),
    affixed("thousands set apart", "1 002", "1002", PREFIX),
    affixed("only once", "ORD-ORD-1002", NO_NUMBER, PREFIX),
    affixed("only once behind", "100004-1-1", NO_NUMBER, SUFFIX),
    affixed("another prefix", "ORX-1002", NO_NUMBER, PREFIX),
    affixed("another suffix", "100004-2", NO_NUMBER, SUFFIX),
    affixed("more behind it", "ORD-1002x", NO_NUMBER, PREFIX),
    affixed("nothing behind it", "ORD-", NO_NUMBER, PREFIX),
    affixed("nothing but zeros behind it", "ORD-0", NO_NUMBER, PREFIX),
    affixed("below zero behind it", "ORD--5", NO_NUMBER, PREFIX),
    affixed("digits of another script", "ORD-٣٤٥", NO_NUMBER, PREFIX),
    affixed("a fraction", "ORD-10.5", NO_NUMBER, PREFIX),
    affixed("two readings", "A1002", NO_NUMBER, "--order-prefix=A", "--order-prefix=A1"),
    affixed("a shortened number", "1E+5", "bill_id_digits_lost", "--order-suffix=E+5"),
    affixed("too long", "ORD-12345678901234567890", NO_NUMBER, PREFIX),
    *(
        affixed(f"as the message says: {cell}", cell, "1080", f"--order-prefix={prefix}")
        for cell, prefix in SAID.items()
    ),
    *(affixed(f"the message says the prefix: {cell}", cell, NO_NUMBER) for cell in SAID),
    *(affixed(f"the message says no prefix: {cell}", cell, NO_NUMBER) for cell in NOT_SAID),
    affixed("nothing but signs of numbers", "№ 1080", "1080"),
    affixed("nothing but signs of numbers, glued on", "#1080", "1080"),
    Case(
        name="order number with an affix: rows with and without it are one order",
        rows=(("ORD-1", "return"), (1, "cancel"), ("ord-1", "cancel")),
        expected=("1 return", "1 cancel", "already updated"),
        options=(PREFIX,),
    ),
    Case(
        name="order number with an affix that only the cell's format shows",
        rows=((1002, "return"), (7, "cancel")),
        expected=("1002 return", "7 cancel"),
        formats={"A2": '"ORD-"0000', "A3": '"ord-"000'},
        options=(PREFIX,),
    ),
)
