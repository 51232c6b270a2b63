"""Texts about calls over HTTP."""

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
