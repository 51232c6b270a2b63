"""What a run says of its rows."""

NO_PROPER_ANSWERS = "{count} updates in a row got no proper answer. The last one: {last}"
ALL_REFUSED = (
    "The shop has refused all of the first {count} updates alike, so this may be the wrong shop or "
    "the wrong column. If it is right as it is, say --keep-going. The last one: {last}"
)
LOG_PROGRAM_FAULT = "order %s: a fault of the program"
PROGRAM_FAULT = (
    "batch-update itself failed at this row; it may have been sent. Look at order {bill_id} in the "
    "shop, and report this to the makers of batch-update with what --log-file writes down."
)
TWIN_IN_DRY_RUN = "Dry run: says the same as row {row}; would be sent once."
LOOKED_UP_IN_DRY_RUN = (
    "Dry run: an earlier try of this payment got no answer, so the shop would be asked for it; "
    "nothing would be sent before it has had its time."
)
IN_ORDER = "Dry run: in order, would be sent."
TWIN_UPDATED = "Says the same as row {row}, which was updated just now."
TWIN_NOT_UPDATED = (
    "Says the same as row {row}, which is {outcome}; see there, and run only one of the two again."
)
PAID_BEFORE = (
    "The shop confirmed a payment of this order, dated {dated:%Y-%m-%d}, on {at:%Y-%m-%d %H:%M} "
    "UTC, from row {row} of {file}. Look at the order in the shop; if this one is to be booked "
    "beside it, run a sheet with it alone and --force."
)
UPDATED_BEFORE = (
    "The shop confirmed this update on {at:%Y-%m-%d %H:%M} UTC, from row {row} of {file}; nothing "
    "was sent."
)
SUPERSEDED = (
    "The shop confirmed this row ({own}) on {at:%Y-%m-%d %H:%M} UTC, but since then it has taken "
    "{what} for order {bill_id} ({since:%Y-%m-%d %H:%M} UTC, row {row} of {file}). Look at the "
    "order in the shop; if this row is right, run a sheet with it alone and --force."
)
MAYBE_SUPERSEDED = (
    "The shop confirmed this row ({own}) on {at:%Y-%m-%d %H:%M} UTC, but since then {what} was "
    "sent for order {bill_id} and its answer was lost ({since:%Y-%m-%d %H:%M} UTC, row {row} of "
    "{file}), so nobody knows what the shop has now. Look at the order in the shop; if this row is "
    "right, run a sheet with it alone and --force."
)
OVERTAKEN = (
    "This row ({own}) is older than what the shop has taken since for order {bill_id}: {what} "
    "({since:%Y-%m-%d %H:%M} UTC, row {row} of {file}), which this row would undo. Look at the "
    "order in the shop; if this row is right, run a sheet with it alone and --force."
)
UNSETTLED = (
    "For order {bill_id}, {what} (row {row} of {file}) was sent and its answer was lost, so it may "
    "still take effect. Nothing else of the order is sent until then: run this row again after "
    "{until}."
)
MAYBE_PAID_AGAIN = (
    "The payment of order {bill_id} was confirmed, then sent once more with --force, and nobody "
    "knows whether it was booked twice. Nothing was sent now. Look at order {bill_id} in the shop; "
    "if a payment is missing, run this row again with --force after {until}."
)
HELD_BACK = (
    "Row {row} is of the same order and was not settled, so this one was held back. Settle row "
    "{row} first, then run this row."
)
STOPPED_BEFORE = (
    "The run was stopped after row {after}, before this row's turn; see there. Run this row again "
    "when that is mended."
)
INTERRUPTED_BEFORE = "The run was interrupted before this row's turn. Run this row again."
LEDGER_FAILED = "{error} Run this row again when that is mended."
INTERRUPTED_WAITING = (
    "The run was interrupted while the shop's answer was awaited. Look at order {bill_id} in the "
    "shop before you run this row again."
)
