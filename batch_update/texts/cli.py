"""What the command line says."""

DESCRIPTION = (
    "Carry a warehouse's shipment sheet into a JustClick shop, one signed order\n"
    "update per row, and write beside it what happened to each row.\n"
    ""
)
EPILOG = (
    "The shop's login and secret key: run --configure once, or set\n"
    "{username} and {secret_key} in the environment, and\n"
    "{base_url} if the shop's address is not https://LOGIN.justclick.io.\n"
    "\n"
    "Exit status: 0 all rows updated or skipped; 1 some rows need a person; 2 could not start;\n"
    "3 stopped early, the rest not sent; 4 the ledger is in use; 130 interrupted.\n"
    ""
)
UNRECOGNIZED = "unrecognized arguments: {names}"
SEE_HELP = "{message}. See: batch-update --help"
FILE = "a spreadsheet or csv, or a folder of them; - for the standard input"
INTERRUPTED = "Interrupted."
ASK_LOGIN = "Login (the name in front of .justclick.io): "
ASK_ADDRESS = "The shop's address (Enter for {standard}): "
THE_LOGIN = "The login"
ASK_KEY = "Secret key (it is not shown): "
NO_KEY = "There is no secret key. The shop shows it in its API settings."
ASK_ORDER = "An order number to look up, to try them (Enter for 1): "
WRONG_ORDER = "The order number: {problem}"
NOTHING_KEPT = "Nothing was kept, because the shop did not accept them. {problem}"
STOPPING = (
    "\n"
    "Stopping: what is under way is finished first, then the results are written. Press Ctrl-C "
    "again not to wait for it."
)
AFTERWARDS = (
    "The results file shows every row. Mend the rows above, in it or in the sheet, and run that "
    "again: what the shop has confirmed is not sent twice."
)
CONFIGURE_WELCOME = (
    "This asks for the shop's login and secret key, looks up one order to try them, and keeps them "
    "on this machine. Nothing is changed in the shop."
)
DRY_RUN_READY = "Dry run: nothing was sent; {rows} would be."
NO_ROWS = "There are no rows under the header."
RESULTS = "Results: {written}"
MIGRATING = (
    "Bringing the ledger up to date ({count:,} updates); this is done once and may take some "
    "minutes."
)
WAITING = (
    "\n"
    "Waiting for {rows} of which an answer was lost; this may take {seconds:.0f} seconds. Ctrl-C "
    "ends the wait."
)
CLOCK_BEHIND = (
    "The clock of this machine says {now:%Y-%m-%d %H:%M %Z}, but the ledger holds something of "
    "{last:%Y-%m-%d %H:%M %Z}: the clock is behind, or was ahead then. Ask the administrator to "
    "check it; times in the results may be wrong."
)
NO_LEDGER = "There is no ledger at {path}. Name its place: --ledger PATH."
LEDGER_IS_WHOLE = "The ledger {path} is whole."
LEDGER_IS_DAMAGED = (
    "The ledger {path} is damaged: {found}. Put a copy from a backup in its place, or ask the "
    "administrator."
)
NOTHING_PLANNED = "Plan of {file}: there is nothing to send."
PLAN = "Plan of {file}: {plan}"
PLAN_DAYS = ", dated {first:%Y-%m-%d} to {last:%Y-%m-%d}"
SEND_PLAN = "Send exactly this: add --plan {plan} in place of --dry-run."
PLAN_CHANGED = (
    "{sheet} does not say what was planned (--plan {planned}; it is {found} now), so nothing was "
    "sent. Look at it again with --dry-run."
)
ALL_FILES = "All {count} files: {rows}"
NOT_WORKED_THROUGH = " Not worked through: {files}."
MODE_DRY_RUN = "dry run: checked, nothing sent"
MODE_PRACTICE = "practice in the sandbox"
MODE_SENT = "sent to the shop"
ORDER_FOUND = "The shop accepts them (it has order {bill_id})."
NO_ORDER_FOUND = "The shop accepts them (it has no order {bill_id})."
IN_KEY_STORE = "the system's key store"
IN_CONFIG_FILE = "the same file, which only you can read"
ACCOUNT_KEPT = (
    "Kept: {username} at {base_url} in {file}, the secret key in {key}. Now run: {command}"
)
TEMPLATE_WRITTEN = "Written: {path}. Fill it in, then try it: batch-update --dry-run {path}"
ORDER_UNKNOWN = "Order {bill_id}: nothing was sent from this machine, as far as its ledger knows."
ORDER_KNOWN = "Order {bill_id}: {updates}"
CUT_OFF = "sending, and cut off before the answer came"
ENTRY_SOURCE = "{account}, from row {row} of {file}"
ROW_RESULT = "row {row}: {outcome} {code} {text}"
RESULTS_LOST = (
    "{error} What was sent is noted: run the same command again then; it writes the results and "
    "sends nothing twice."
)
WHAT_TO_DO = "What to do about {rows}:"
WARNINGS = "Warnings (--strict refuses such rows):"
SKIPPED = "Skipped (nothing was sent, and nothing is to do):"
UNKNOWN_WORDS = (
    "Status words that are not known. Put these lines into the config file (without the first, if "
    "it has such a table), and write for each word what it means: {listed}, or skip for "
    "rows that are none of these."
)
WORD_LINE = '{word} = "…"  # {rows}'
MORE_WORDS = "# and {count} more"
LISTED_ROW = "row {row}"
AND_MORE = " and {count} more"
LISTED_ROWS = "rows {rows}{more}; the first:"
TAB = "tab"
CSV_NAME = "{path} (csv in {encoding}, delimiter {delimiter})"
SHEET_NAME = "{path}, sheet {sheet}"
NOBODY_ANSWERS = "Nobody answers. Run --configure in a terminal."
LOG_FILE_FAILED = "--log-file {path}: {reason}. Name another place."
LOG_FILE_BROKEN = "--log-file {path}: {reason}. Nothing more is written down; the run goes on."
RESULTS_OF_ANOTHER = "{path} holds results of another file named here; left out."
LOG_STATUS = "Ended with exit status {status}."
PLAN_OF_ONE = "--plan is the plan of one sheet. Name only that sheet."
ONE_FILE_FOR_MANY = (
    "{option} names one file, but there are several sheets. Run one each, or name a folder."
)
NOT_BEGUN = "{path} was not begun, because the run stopped before it."
FAILURES_ARE_RESULTS = "--failures {failures} is where the results go. Name another file."
STOPPED_EARLY = "stopped early. {reason}"
TO_LOOK_AT = "{count} to look at"
STDIN_TWICE = "-, the standard input, is named twice; it can be read only once."
UNREADABLE_FOLDER = "{path} cannot be read: {reason}. Ask for the right to read it."
NO_SHEET_IN_FOLDER = (
    "{path} holds no sheet: no file that ends in {endings}, other than files of results."
)
NAMED_TWICE = "{path} is named twice. Name each sheet once."
SAME_TARGET = "{first} and {second} would both write {target}. Run one each, with --output."
NO_STDIN = "-: there is no standard input. Name a file."
STDIN_TOO_LARGE = (
    "-: more than {limit} MB came through the standard input, as no list of shipments is. Name the "
    "sheet itself."
)
STDIN_NOT_KEPT = "-: the standard input cannot be kept: {reason}. Name a file."


def rows(count: int) -> str:
    """Say how many rows."""
    return f"{count} row" if count == 1 else f"{count} rows"


def updates(count: int) -> str:
    """Say how many updates."""
    return f"{count} update" if count == 1 else f"{count} updates"
