"""What is said of headers."""

NAME_AT = "{name} (column {column})"
NO_NAME = "column {column}"
TWO_COLUMNS = (
    "{where}: in the header (row {row}) more than one column could be the {label}: {columns}. Say "
    "which one, such as --column {field}={header}, or rename the others."
)
DATE_OF_EACH = (
    "If rows that are sent and rows that are paid have their dates in different columns: --column "
    "date_sent=HEADER --column date_paid=HEADER."
)
WRONG_COLUMN = (
    "{where}: {said_in} says that the {label} stands under {shown}, but the header (row {row}) "
    "has: {names}."
)
SAME_COLUMN = (
    "{where}: {said_in} says that the {other} stands under {shown}, which is the column of the "
    "{label} already. Name another one."
)
EMPTY = "{where}: it is empty. Export the sheet again and check that it holds rows."
LABEL_EXAMPLES = "{label} (such as {examples})"
LABEL_SAID = "{label} ({shown}, as {said_in} says)"
HEADER_HAS = "row {row} has: {names}"
FIRST_ROW_READS = "the first row reads: {names}"
NO_COLUMN = "{where}: no column for {fields}; {found}. {advice}"
LACKING = "No column for {field}, which some rows need; {found}. {advice}"
NO_HEADER_HAS = "there is no header row"
NAME_COLUMN = "Name it in the header row, or say which column it is: --column {field}=HEADER."
STATUS_OF_ALL = "If all rows are of one status, say it once for them: --status sent."
DATE_OF_ALL = "Or say the day once for all rows that name none: --date 2026-11-20."
NO_HEADER = (
    "If the sheet has no header row, say so, and which columns are which by their letters, such "
    "as: {options}"
)
NO_HEADER_OPTION = "--no-header"
COLUMN_OPTION = "--column {field}={header}"
STATUS_OPTION = "--status sent"
HEADLESS_OPTIONS = "--no-header --column bill_id=A --column status=B --column date=C --column rpo=D"
HEADLESS_NAME = "Say which column it is, by its letter: --column {field}=B."
HEADLESS_UNNAMED = (
    "{where}: without a header row, columns are known by their letters only, and none is named for "
    "the {label}. Say which columns are which, such as: {options}"
)
HEADLESS_NO_LETTER = (
    "{where}: {said_in} says that the {label} stands under {shown}, but without a header row "
    "columns are known by their letters only. Write it like --column {field}=B."
)
HEADLESS_NO_ORDER = (
    "{where}: column {column} holds no order number, from row {row} on. Say which column does: "
    "--column bill_id=A, with its letter in place of A."
)
IT_MAY_BE = "It may be"
IT_MAY_BE_ONE_OF = "It may be one of"
SUSPECTS = (
    "{which} {shown}, which can also mean something else. If it is, say so: --column "
    '{field}="{header}".'
)
AND_MORE = " and {count} more"
OR = " or "
AND = " and "
NOTHING = "nothing"
