"""What is said of headers."""

NAME_AT = "{name} (column {column})"
TWO_COLUMNS = (
    "{where}: in the header (row {row}) more than one column could be the {label}: {columns}. Say "
    "which one: --column {field}=HEADER, or rename the others."
)
WRONG_COLUMN = (
    "{where}: {said_in} says that the {label} stands under {shown}, but the header (row {row}) "
    "has: {names}."
)
EMPTY = "{where}: it is empty. Export the sheet again and check that it holds rows."
LABEL_EXAMPLES = "{label} (such as {examples})"
LABEL_SAID = "{label} ({shown}, as {said_in} says)"
HEADER_HAS = "row {row} has: {names}"
FIRST_ROW_READS = "the first row reads: {names}"
NO_COLUMN = "{where}: no column for {fields}; {found}. {advice}"
NAME_COLUMN = "Name it in the header row, or say which column it is: --column {field}=HEADER."
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
