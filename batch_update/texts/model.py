"""The names of the columns."""

BILL_ID = "order number"
STATUS = "status"
DATE = "date"
DATE_SENT = "date of sending"
DATE_PAID = "date of payment"
RPO = "tracking number"
