"""What is said of files that cannot be read, or only in part."""

A_WEB_ARCHIVE = "a web archive (.mht)"
A_PDF = "a PDF"
A_TEXT_DOCUMENT = "a text document (.rtf)"
A_SYLK_FILE = "a SYLK file"
SAVE_AGAIN = "Open it in Excel or LibreOffice and save it as .xlsx."
IS_FOLDER = "{shown} is a folder. Name a file in it."
NO_SUCH_FILE = "{path}: there is no such file. Check the name."
NOT_A_FILE = "{shown} is not a file. Name a spreadsheet or a csv."
CHANGES = "{shown} was changed while it was read. Wait until it is whole, then run it again."
TOO_LARGE = (
    "{shown} is larger than {limit} MB, as no list of shipments is. Split it, or delete the rows "
    "and columns that are not needed."
)
BINARY_TOO_LARGE = (
    "{shown} is larger than {limit} MB, as no list of shipments of this kind is. Save it as .xlsx "
    "or csv and run that."
)
UNREADABLE = "{shown} cannot be read: {reason}"
IS_ARCHIVE = "{shown} is an archive, not a spreadsheet. Unpack it first."
PROTECTED = (
    "{shown} is protected by a password. Open it in Excel, save it without the password and run it "
    "again."
)
NOT_ONE_SHEET = (
    "{shown} is of Excel 2 to 4, and not a single worksheet: several, a chart or macros. {advice}"
)
ALPHABET_FOUND = (
    "The workbook does not say which alphabet its texts are in, or says it wrongly. They were read "
    "as {encoding}, which makes words of them. Look at the results before you rely on them."
)
IS_PICTURE = "{shown} is a picture ({kind}). Ask for the sheet itself."
IS_EMPTY = "{shown} is empty. Export the sheet again."
IS_OTHER_KIND = "{shown} is {kind}, not a spreadsheet. {advice}"
PAGE_TOO_LARGE = "{shown} is a web page or XML of more than {limit} MB. {advice}"
UNKNOWN_XML = "{shown} is XML, but none of the kinds that spreadsheets are made of. {advice}"
ACCESS_DENIED = "access is denied. Close it in other programs, or ask for the right to read it."
A_WORD_DOCUMENT = "a text document of Word"
A_PRESENTATION = "a presentation of PowerPoint"
A_DRAWING = "a drawing of Visio"
CUT_OFF = "{shown} is damaged or cut off: it is not a whole workbook. Ask for the file again."
ZIP_BOMB = (
    "{shown} unpacks to {unpacked} MB from {packed} KB, as no workbook does. Do not open it; ask "
    "the sender what it is."
)
OVERLAPPING = (
    "{shown} is damaged: its parts lie over one another, as those of no workbook do. Ask for the "
    "file again."
)
IS_DOCUMENT = "{shown} is {kind}, not a spreadsheet. Ask for the sheet itself."
DAMAGED = (
    "{shown} is damaged: {claim}, as in no spreadsheet. Ask for the file again; or open it in "
    "Excel or LibreOffice, check the rows, save it as .xlsx and run that."
)
TOO_LARGE_FOR_MEMORY = (
    "{shown} is too large for this machine's memory. Split it, or delete the columns that are not "
    "needed."
)
LOG_DAMAGE = "%s: %s: %s"
PARTS_UNREADABLE = (
    "{shown} is damaged, or no workbook of the usual kind: not all of its parts can be read. Open "
    "it in Excel or LibreOffice, save it as an ordinary .xlsx and run that."
)
GARBLED_HEADER = (
    "{failure} The encoding was lost on the way: {found} was {meant} once. Export the sheet again, "
    "as .xlsx or as csv in UTF-8."
)
READ_IN_ENCODING = "The text was read as {encoding}, since that makes words of it."
SEEMS_OF_ENCODING = (
    "The text was read as {encoding}, but seems to be {other}: columns other than the four may be "
    "garbled. Save the sheet as .xlsx, or as csv in UTF-8."
)
SEMICOLON = "semicolon"
COMMA = "comma"
TAB = "tab"
BAR = "bar"
READ_AS = "{failure} (Read as {encoding}, delimiter {delimiter}.)"
OPEN_QUOTE = (
    "{shown}: a quotation mark opened in row {row} is never closed, so everything after it would "
    "be lost. Correct the quotes, or save the sheet as .xlsx."
)
CSV_UNREADABLE = (
    "{shown}: near line {line} the csv cannot be read ({reason}). Save the sheet as .xlsx and run "
    "that."
)
LINE_TOO_LONG = (
    "{shown}: line {number} is longer than {limit} million characters, which is no row of a sheet. "
    "Ask for the file again."
)
RECORD_TOO_LONG = (
    "{shown}: the row that ends near line {number} is longer than {limit} million characters, "
    "which is no row of a sheet. Correct the quotes, or ask for the file again."
)
MISFIT_BYTE = (
    "{shown} is damaged: it begins as {encoding}, but byte {misfit} does not fit. Ask for the file "
    "again."
)
NEITHER_ENCODING = (
    "{shown} is not a spreadsheet, and as text it is neither UTF-8 nor cp1251. Save it as .xlsx, "
    "or as csv in UTF-8."
)
MANY_PARTS = (
    "{shown} is made of {count} parts, as no list of shipments is. Do not open it; ask the sender "
    "what it is."
)
MANY_TABLES = "it holds more than {limit} sheets"
MANY_TAGS = "its part {part} is full of things that are no rows"
MANY_STRINGS = "it holds more than {limit} million different texts"
LARGE_PART = "one of its parts is larger than {limit} MB"
LONG_RECORD = "one of its records claims {length} bytes"
SAME_PART = "two sheets are the same part {part}"
MUCH_OUTSIDE_ROWS = "more than {limit} MB stand in one row or in none"
RECORD_IN_RECORD = "a row holds what stands in none, such as another row"
CLAIMS_ROW = "it claims a row {row}"
REPEATS_ROW = "it repeats row {first} {times} times"
PROTECTED_IN_LIBREOFFICE = (
    "{shown} is protected by a password. Open it in LibreOffice, save it without the password and "
    "run it again."
)
CLAIMS_COLUMNS = "row {number} claims too many columns"
NUMBER_IS = "{name} is {text}"
NO_VISIBLE_SHEET = "{shown} has no visible sheet with rows. Name one with --sheet."
MANY_SHEETS = "{shown}: more than one sheet could be meant: {names}. Say which one: --sheet NAME."
TOO_MANY_CELLS = (
    "{shown} holds more than {cells} million cells or {rows} million rows, which is no list of "
    "shipments. Delete the rows and columns that are not needed."
)
HIDDEN_ROWS = (
    "Hidden or filtered-out rows: {count}, the first is row {first}; read like all others."
)
NO_HEADER = (
    "The sheet was read without a header row. The files written for it have one, so rows stand one "
    "lower there."
)
HEADER_FOUND = "The header was found in row {row}."
HEADER_REPEATED = "Row {number} repeats the header and was skipped."
HEADERS_REPEATED = (
    "Rows that repeat the header: {count}, the first is row {first}; they were skipped."
)
BLANK_ROWS = "Blank rows between the others: {count}, skipped."
EXAMPLE_SKIPPED = "Row {number} is the template's example and was skipped."
TOTALS_SKIPPED = "Row {number} is a totals row and was skipped."
MANY_TOTALS_SKIPPED = "Totals rows: {count}, the first is row {first}; they were skipped."
FOOTER_SKIPPED = "Row {number} belongs to the sheet's footer and was skipped."
FOOTERS_SKIPPED = (
    "Rows of the sheet's footer: {count}, the first is row {first}; they were skipped."
)
CSV_HAS_NO_SHEETS = "{shown} is a csv, which has no named sheets. Leave --sheet out."
AND_MORE = " and {count} more"
NO_SUCH_SHEET = "{shown}: there is no sheet {name}. Its sheets: {names}."
SHEET_OF = "{shown}, sheet {name}"
READ_WEB_PAGE = (
    "The file is a web page under the name of a spreadsheet. Its table was read; rows are counted "
    "from the first line of the table."
)
WIDE_TABLE = "a table in it is wider than a sheet can be"
HIGH_TABLES = "its tables have more rows than a sheet can have"
MANY_TABLES_IN_PAGE = "it holds more than {limit} tables"
DEEP_PAGE = "its elements are nested too deeply"
TABLE = "table {number}"
PAGE_WITHOUT_TABLE = (
    "{shown} is a web page without a table under the name of a spreadsheet, perhaps a login or "
    "error page. Open it in a browser to see what it says, and export the sheet again."
)
NO_WORKSHEET = (
    "{shown} has no worksheet that can be read. Open it in Excel or LibreOffice, check the rows, "
    "save it as .xlsx and run that."
)
UNNAMED_SHEET = "sheet {number}"
MANY_EMPTY_ROWS = "it holds more than {limit} empty rows"
ROW_BELOW = "row {number} stands below row {last}"
CLAIMS_COLUMN = "row {number} claims a column {column}"
COLUMN_FOLLOWS = "column {column} follows column {last} in row {number}"
IN_SHEET = "in the sheet {name} {what}"
ERROR_NUMBER = "error {value}"
CLAIMS_PLACE = "a row or cell claims the place {place}"
