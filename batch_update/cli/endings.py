"""Endings of the names of sheets; light, since a slip in a name is told before all else loads."""

from __future__ import annotations

SHEETS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".csv", ".tsv")
