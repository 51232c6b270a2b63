"""The report: a workbook of what the ledger knows of a time."""
