"""The names of the four columns."""

BILL_ID = "order number"
STATUS = "status"
DATE = "date"
RPO = "tracking number"
