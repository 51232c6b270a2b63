"""Texts about the shop's answers."""

NO_SUCH_ORDER = "the shop has no order with this number"
NO_SUCH_ORDER_STEP = (
    "Check the order number against the shop, correct the cell and run this row again."
)
STATUS_REFUSED = "the shop does not take this status for this order"
STATUS_REFUSED_STEP = "Open the order in the shop, see what state it is in, and correct the row."
TAKEN = "the shop took the update"
SIGNATURE_MISSING = "the shop did not get the signature"
REQUEST_CHANGED_STEP = (
    "Ask the administrator whether something between here and the shop changes requests."
)
DATA_MISSING = "the shop got a request without data"
REPORT_STEP = "Report it to the makers of batch-update, with this row."
DATA_WRONG = "the shop finds the data of this row wrong"
DATA_WRONG_STEP = "Compare the row with the order in the shop, correct it and run this row again."
SIGNATURE_REFUSED = "the shop does not accept the signature: the secret key or the login is wrong"
SIGNATURE_REFUSED_STEP = (
    "Ask the administrator for the right login and secret key (JUSTCLICK_USERNAME, "
    "JUSTCLICK_SECRET_KEY)."
)
LOGIN_UNKNOWN = "the shop does not know this login"
LOGIN_UNKNOWN_STEP = "Correct the login (JUSTCLICK_USERNAME) or the address (--base-url)."
ADDRESS_REFUSED = "the shop does not allow this machine's address to use the API"
ADDRESS_REFUSED_STEP = "Ask the administrator to allow this address in the shop's API settings."
ACCOUNT_OFF = "the shop's account is switched off"
ACCOUNT_OFF_STEP = "Ask the shop's owner to have the account enabled."
LIMIT_REACHED = (
    "the request limit for this address is used up, or the API is switched off for the account"
)
LIMIT_REACHED_STEP = (
    "Wait an hour and run the rest again; if it stays so, ask the administrator whether the API is "
    "switched on for the account."
)
PAYMENT_REFUSED = "the shop could not record the payment"
PAYMENT_REFUSED_STEP = (
    "Open the order in the shop and record the payment there, or ask the administrator why it is "
    "refused."
)
NUMBER_MISSING = "the shop got no order number"
REFUSED = "the shop refused the update"
REFUSED_STEP = "Read the shop's words and correct the row, or ask the administrator."
CODE_AND_TEXT = "code {code}: {text}"
CODE = "code {code}"
EXPLAINED = "{meaning} ({said}). {next_step}"
BEGINS = 'it begins: "{words}"'
IS_EMPTY = "it is empty"
NOT_API_ANSWER = "The answer is not one of the shop's API; {shown}."
WRONG_KEY = (
    "The secret key is wrong: the shop says that our signature is incorrect (code 4), and its own "
    "signature does not match the key either."
)
WRONG_SIGNATURE = "a signature that does not match the secret key"
NO_SIGNATURE = "no signature"
NOT_VERIFIED = (
    "The answer (code {code}) carries {what}, so it proves nothing: either the secret key is "
    "wrong, or the answer is not the shop's."
)
