"""What is said of deliveries."""

NO_ANSWER_LOGGED = "no answer"
CODE_LOGGED = "code {code}"
LOG_REQUEST = "request %s: %s of order %s, %s after %.0f ms"
ANSWER_TOO_LONG = "The answer is longer than {limit:,} bytes, so it is not the API's."
INSECURE = (
    "The secure connection to {shown} failed, so nothing was sent: {cause}. Ask the administrator "
    "whether the address is right and the shop's certificate valid."
)
NO_CONNECTION = "No connection to {shown}: {cause}."
NO_CONNECTION_POSSIBLE = (
    "No connection to {shown} can be made with these settings: {cause}. Ask the administrator to "
    "check the address, the proxy and the certificate settings."
)
TWO_LENGTHS = "it announces two lengths"
PROXY_MALFORMED = "the proxy's address is malformed"
BROKE_OFF = "The answer broke off."
TOO_SLOW = "The answer began, but did not come to its end in time."
NOT_HTTP = "What came back is not the answer of a web server: {cause}."
TOO_LATE = "No answer came in time."
BROKE = "The connection broke before an answer came."
TOO_BUSY = "The shop is too busy to take updates (HTTP {status})."
SENT_ON = (
    "The shop's address sends us on to {target} instead of answering. Ask the administrator for "
    "the right address (--base-url)."
)
HTTP_ANSWER = "HTTP {status} came instead of an answer. {problem}"
CONTRADICTION = "The answer contradicts itself: HTTP {status}, and yet success."
LOG_TRY = "order %s, try %s: %s"
LOG_LOOK = "order %s, reading it back: %s"
LOG_BUSY = "the shop stays busy: %s at once from now on"
STATE_SENT = "sent"
STATE_PAID = "paid"
STATE_RETURNED = "returned"
STATE_CANCELLED = "cancelled"
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
