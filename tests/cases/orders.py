"""Cells of the order number."""

from __future__ import annotations

from tests.cases.case import DAY, NBSP, ZERO_WIDTH, order

MONEY = '# ##0.00" руб."'

CASES = (
    order("integer", 100000, "100000"),
    order("float", 100000.0, "100000"),
    order("text", "100000", "100000"),
    order("text with spaces around", f" 100000{NBSP}", "100000"),
    order("thousands set apart by a no-break space", f"100{NBSP}000", "100000"),
    order("apostrophe in front", "'100000", "100000"),
    order("zero-width sign inside", f"100{ZERO_WIDTH}000", "100000"),
    order("text of a float", "100000.0", "100000"),
    order("text of a Russian float", "100070,00", "100070"),
    order("text of a Russian float, one zero", "100070,0", "100070"),
    order("text of a float, two zeros", "100070.00", "100070"),
    order("fraction in Russian", "100070,50", "bill_id_not_a_number"),
    order("part of an order", "100040-1", "bill_id_not_a_number"),
    order("part of an order, another", "100004-12", "bill_id_not_a_number"),
    order("part of an order, with a slash", "1003/2", "bill_id_not_a_number"),
    order("part of an order, a letter", "1003-A", "bill_id_not_a_number"),
    order("part of an order, with signs in front", "№ 1003-2", "bill_id_not_a_number"),
    order("two orders", "100040-100041", "bill_id_not_a_number"),
    order("letters in front", "ORD-1002", "bill_id_not_a_number"),
    order("number sign in front", "#1001", "1001"),
    order("leading zeros", "0001001", "1001"),
    order("underscore", "1_000", "bill_id_not_a_number"),
    order("exponent", "1e5", "bill_id_digits_lost"),
    order("digits of another script", "٣٤٥", "bill_id_not_a_number"),
    order("yes/no value", True, "bill_id_not_a_number"),
    order("fraction", 1000.5, "bill_id_not_a_number"),
    order("negative", -1000, "bill_id_not_a_number"),
    order("date", DAY, "bill_id_not_a_number"),
    order("marketplace's number", "058-3563777-5518068", "bill_id_not_a_number"),
    order("16 digits in a number cell", 1234567890123456, "bill_id_digits_lost"),
    order("error cell", "#REF!", "bill_id_error_cell"),
    order("formula that was never calculated", "=A1+1", "bill_id_not_calculated"),
    order("dash that stands for nothing", "-", "bill_id_missing"),
    order("thousands or a fraction, with a dot", "100.000", "bill_id_ambiguous"),
    order("thousands or a fraction, with a comma", "7,000", "bill_id_ambiguous"),
    order("a sum of money", "100 004.00 руб.", "bill_id_not_a_number"),
    order("a sum of money, its sign in front", "$100", "bill_id_not_a_number"),
    order("a sum of money, shown by its format", 100004, "bill_id_shown_otherwise", MONEY),
    order("too many digits in front for thousands", "1001.000", "1001"),
    order("too few zeros for thousands", "100.00", "100"),
)
