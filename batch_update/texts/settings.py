"""What is said of options, config files and accounts."""

ACCOUNT_MISSING = (
    "{missing} not set: without the shop's login and secret key nothing can be sent. Give them "
    "once with batch-update --configure, or practise with --sandbox."
)
NO_LOGIN = (
    "{where} is {found}, which is no login: it is the name in front of .justclick.io, letters, "
    "digits and - only."
)
ADDRESS_FOR_PATH = (
    "{where} {shown} is an address, and only files on this machine are understood here. Name a "
    "file; if one of just this name is meant, write ./ in front of it."
)
KEY_STORE = "key store"
ADDRESS_MALFORMED = "The address {shown} is malformed: write it like https://shop.example."
ADDRESS_UNSAFE = (
    "The address {shown} is not safe: it must begin with https://, because the shop's orders would "
    "go through the network in the clear."
)
ADDRESS_NOT_PLAIN = (
    "The address {shown} is not plain: write only https:// and the shop's host, in Latin letters."
)
STATUSES_NOT_A_TABLE = (
    '{where}: write it as a table, with lines like "Вручен" = "sent", or = "skip" for rows that '
    "are none of ours."
)
STATUS_WORD_MALFORMED = (
    "--status-word {found}: write it as WORD=STATUS, where STATUS is one of {listed}, skip."
)
NO_STATUS_WORD = "{where}: there is no word in front of it. Write the word as the sheet has it."
NO_MEANING = (
    "{where}: {found} is no meaning of a word. Write {choices}, or skip for rows "
    "that are none of these."
)
KNOWN_STATUS_WORD = (
    "{where}: the word means {known} already, and cannot mean {status}. Choose another word, or "
    "leave it out."
)
STATUS_WORD_TWICE = "{where}: the word stands there twice, with another meaning. Keep one."
STATUS_IS_SKIPPED = (
    "{where} {found}: it means skip, as {said_in} says, so all rows that name no status would be "
    "left out. Write {choices}."
)
STATUS_WORD = "status word {word}"
ORDERS_NOT_TEXT = (
    '{where}: write {name} as text, such as {name} = "{example}", or as a list of such texts.'
)
AFFIX_OF_DIGITS = (
    "{where} {found}: it must hold a sign that is no digit, or it could not be told from the order "
    "number. Write it as the sheet has it, such as {example}."
)
SANDBOX_HAS_ADDRESS = "--sandbox is a shop of its own: leave --base-url out."
CONFIG_FILE = "config file"
HIDDEN = "(hidden)"
READ = "read"
COLUMN = "column {field}"
NOT_THERE = "not there"
AND = " and "
EXCLUDE_EACH_OTHER = "{listed} exclude each other. Say one of them."
NO_DATE_FORMAT = (
    "{where} {found}: it must hold day, month and year, such as %d.%m.%y or %m/%d/%Y %H:%M."
)
NO_TIMEZONE = (
    "{where} {found}: there is no such time zone. Name one like Europe/Moscow, Asia/Yekaterinburg "
    "or UTC."
)
COLUMN_MALFORMED = "--column {found}: write it as FIELD=HEADER, where FIELD is one of {fields}."
COLUMN_TWICE = "--column names {field} twice. Name it once."
NO_STATUS = "{where} {found}: write {choices}."
OR_TODAY = "{where}: {problem} Or write: today."
PLAN_AND_DRY_RUN = "--plan sends what --dry-run has planned: say only one of the two."
NO_PLAN = "--plan {found}: write the twelve signs that --dry-run shows."
SANDBOX_HAS_LEDGER = "--sandbox begins anew each time, so it keeps no ledger: leave --ledger out."
FILE_MISSING = "FILE is missing: name the sheet. See: batch-update --help"
LEDGER_AND_FILE = "--history and --check-ledger only look at the ledger: leave FILE out."
HISTORY_ORDER = "--history: {problem}"
NOT_WHOLE = "{where} {found}: write a whole number from {least} to {most}."
NOT_SECONDS = "{where} {found}: write seconds, more than 0 and at most {most:.0f}."
NOT_A_DURATION = (
    "{where} {found}: write seconds, or like 90s, 10m or 2h; at most {hours:.0f} hours."
)
NOT_A_RATE = "{where} {found}: write requests per second, from {least} to {most:.0f}."
PROFILES_MALFORMED = "The config file {shown}: write profiles as [{profiles}.NAME.account]."
THE_CONFIG_FILE = "The config file {shown}"
NO_PROFILES = "none"
NO_PROFILE = (
    "--profile {found}: the config file {shown} has no such profile. It has: {listed}. Make one: "
    "batch-update --configure --profile {name}"
)
CONFIG_PROFILE = "The config file {shown}, [{profiles}.{name}]"
NO_CONFIG_FILE = "--config {shown}: there is no such file. Check the name, or make it: --configure."
CONFIG_UNREADABLE = (
    "The config file {shown} cannot be read: {reason}. Mend that, or name another: --config PATH."
)
CONFIG_NOT_UTF_8 = (
    "The config file {shown} is not UTF-8: byte {byte} does not fit. Save it as UTF-8."
)
CONFIG_NOT_TOML = "The config file {shown} is not TOML: {reason}. Correct that line."
CONFIG_OPEN_TO_OTHERS = (
    "The config file {shown} holds the secret key, and others can read it. Make it yours alone: "
    "chmod 600 {shown}"
)
CONFIG_OF_ANOTHER = (
    "The config file {shown} is another user's, who could lead your updates to another shop. Make "
    "it your own, or copy it and name the copy: --config PATH."
)
CONFIG_WRITABLE = (
    "The config file {shown} can be changed by others, who could lead your updates to another "
    "shop. Make it yours alone: chmod 600 {shown}"
)
CONFIG_FOLDER_WRITABLE = (
    "The config file {shown} can be replaced by others, since all may write in its folder. Make "
    "that yours alone: chmod o-w {folder}"
)
NOT_A_TABLE = "{where}: write it as a table."
NOT_ON_OR_OFF = "{where}: {name} is on or off: write true or false."
NOT_TEXT_OR_NUMBER = '{where}: write {name} as text or number, such as {name} = "…".'
CONFIG_TABLE = "The config file {shown}, [{table}]"
COLUMNS_NOT_A_TABLE = '{where}: write it as a table, with lines like rpo = "Barcode".'
NOT_A_HEADER = (
    '{where}: {name} must be a header, such as {name} = "Barcode", or a list of headers of which '
    "a sheet has one."
)
DID_YOU_MEAN = "Did you mean {name}?"
KNOWN = "Known: {names}."
UNKNOWN_KEY = "{where}: {name} is not known. {hint}"
CONFIG_NOT_UNDERSTOOD = (
    "The config file {shown} is not understood, so nothing was kept. Mend it or move it away, then "
    "run --configure again."
)
CONFIG_NOT_WRITTEN = (
    "The config file {shown} cannot be written: {reason}. Mend that, or name another: --config "
    "PATH."
)
FROM_ARGUMENT = "argument"
FROM_ENVIRONMENT = "environment"
FROM_DEFAULT = "default"
FROM_NOBODY = "not set"
PLACE_IN_FILE = "{name} in {file}"
