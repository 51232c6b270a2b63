"""Texts about deliveries."""

LOG_TRY = "order %s, try %s: %s"
LOG_LOOK = "order %s, reading it back: %s"
LOG_BUSY = "the shop stays busy: %s at once from now on"
EARLIER_RUN = (
    "An earlier run sent this update and did not learn what came of it, and now the shop could not "
    "be asked."
)
CANCELLED_MEANWHILE = (
    "An earlier try of this payment got no answer or was cut off, and the order is cancelled now, "
    "so the shop does not tell whether it was booked."
)
NOT_THERE_YET = (
    "An earlier try of this payment got no answer or was cut off; the shop does not show it, or "
    "not yet."
)
INTERRUPTED = "The run was interrupted before this update."
DOUBTFUL_REFUSAL = (
    "The first try got no answer and may have worked; to the repetition the shop said no. {look} "
    "Its answer: {answer}"
)
LATER = " in {minutes:.0f} minutes or later"
NOT_CHANGED = "Order {bill_id} was not changed; run this row again{when}."
WITH_NUMBER = " with tracking number {rpo}"
LOOK_AT_ORDER = (
    "Look at order {bill_id} in the shop: if it is {state}, all is well; if it is not, run this "
    "row again{when}."
)
AFTER = " after {moment}"
FORCED_AFTER = " with --force after {moment}"
PAID_ON = " ({paid_at:%Y-%m-%d %H:%M} UTC)"
PAID_ALREADY = (
    "The shop says that order {bill_id} is paid already{when}, so nothing was sent. If this "
    "payment is to be booked beside that one, run a sheet with it alone and --force."
)
MAYBE_PAID_AGAIN = (
    "The order may have been paid before, so the shop cannot tell whether this payment was booked. "
    "Look at order {bill_id} in the shop; if this payment is missing, run this row again with "
    "--force{when}."
)
STATE_UNKNOWN = (
    "The shop did not say whether order {bill_id} is paid (code {code}: {text}), so nothing was "
    "sent. Ask the administrator whether the API may read orders; to send payments without asking "
    "first, use --no-read-back."
)
