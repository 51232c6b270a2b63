"""What is said of cells and rows."""

KIND_IS_NO_ORDER = "{kind} {found} is not an order number. Write the order's number from the shop."
ORDER_NOT_POSITIVE = (
    "{found} is not an order number: it must be a whole number above 0. Write the order's number "
    "from the shop."
)
NO_STATUS = (
    "{found} is none of {listed}. Write one of these, or say once what the word means, with "
    'skip for rows that are none of these: --status-word "WORD=STATUS".'
)
WORD_TO_SKIP = "{found} is a word to skip ({said_in} says so), so nothing is sent for this row."
MIXED_LETTERS = (
    "{found} is a word of two alphabets ({letter}, {name}, is of the other one). Type it anew."
)
ZEROS_UNKNOWN = (
    "{found} stands in a number cell, and this kind of file does not tell whether the sheet shows "
    "zeros in front of it. Save the sheet as .xlsx and run that, or format the column as text and "
    "type the number again."
)
SHOWN_OTHERWISE = (
    "the cell holds the number {found}, but its number format {format} shows something else. Set "
    "the column's format to General, if that number is right; if not, format the column as text "
    "and type what the sheet should say."
)
KIND_IS_NO_TRACKING = (
    "{kind} {found} is not a tracking number. Format the column as text and type the number again."
)
TRACKING_TOO_LONG = (
    "{found} is too long for a tracking number ({count} characters). Write one number only."
)
NO_TRACKING = "{found} is not a tracking number. Write the parcel's number."
FORMULA_LIKE = "{found} begins like a formula. Write the tracking number without the sign in front."
UNKNOWN_SIGN = "an unknown sign"
FOREIGN_LETTER = (
    "{found} holds a letter or digit that only looks Latin ({letter}, {name}). Type the tracking "
    "number with Latin letters."
)
NOT_ONE_TRACKING = (
    "{found} is not one tracking number: that is Latin letters and digits, with one - or / between "
    "them where the label has it. Write one number only."
)
TWO_TRACKING_NUMBERS = (
    "{found} may be more than one tracking number. Write one number only, without spaces; a second "
    "parcel of the same order cannot be told to the shop."
)
SUCH_AS = ", such as {number}"
LINK = "{found} is a link; write the number only{example}."
DATE_IN_CELL = "{found} holds a date ({date}). Write the parcel's number only."
TELEPHONE = "{found} holds a telephone number ({telephone}). Write the parcel's number only."
THOUSANDS = (
    "{found} is shown with separators of thousands, like an amount, so zeros in front of it may be "
    "lost. Format the column as text and type the number as the label has it."
)
CARRIER_IN_CELL = "{found} holds the carrier's name ({name}). Write the parcel's number only."
LABEL_IN_CELL = "{found} holds more than the number ({name}). Write the parcel's number only."
COUNT_BEHIND = (
    "{found}: a parcel count stands behind the number ({count}). Write the parcel's number only."
)
COUNT_IN_FRONT = (
    "{found}: a parcel count stands in front of the number ({count}). Write the parcel's number "
    "only."
)
WORDS = "{found} holds words ({word}). Write the parcel's number only."
NO_DIGIT = "{found} is not a tracking number: it has no digit. Write the parcel's number."
SAYS_NONE = "{found} says that there is no tracking number. Write the parcel's number."
SIGN_AT_END = (
    "{found} has a sign at its end that is no part of a tracking number: {sign}. Write it without "
    "that sign: {rest}."
)
SIGN_INSIDE = (
    "{found} holds a sign that no tracking number has: {sign}. Write Latin letters and digits, "
    "with - or / between them where the label has it."
)
CYRILLIC_LETTERS = (
    "{found} holds Cyrillic letters. Only numbers like АБВГДЕЖ-2/2011 (ПЭК) and МСКСПБ0012345678 "
    "have them: write the number as the label has it."
)
ROUNDED = (
    "{found} ends in {count} zeros: a program has rounded it, and its end is lost. Format the "
    "column as text and type the number again, or export the sheet anew."
)
NAME_TAKEN_OFF = (
    "{found}: {name} was taken off, and {rpo} is sent. Compare it with the parcel's label."
)
NAME_GLUED_ON = (
    "{rpo} holds a word ({name}), and is sent with it. Compare it with the parcel's label."
)
CYRILLIC_SENT = (
    "{rpo} is sent with its Cyrillic letters. Compare it with the parcel's label: most numbers "
    "have Latin ones."
)
SHORT = (
    "{rpo} has only {count} characters, which is few for a tracking number. Compare it with the "
    "parcel's label."
)
BARCODE = "{rpo} could be the barcode of goods (EAN-13). Check that it stands in the right column."
DATE_LIKE = "{rpo} could be a date. Check that it stands in the right column."
TELEPHONE_LIKE = "{rpo} could be a telephone number. Check that it stands in the right column."
ORDER_LIKE = (
    "{rpo} is the order's own number. Check that it stands in the right column, and is that of the "
    "parcel."
)
LAST_DIGITS = (
    "{rpo} is sent as one number, and may stand for two ({first} and {second}). Compare it with "
    "the parcel's label."
)
WHOLE_WITHIN = (
    "{rpo} holds a whole number ({whole}), and is sent with what stands around it. Compare it with "
    "the parcel's label."
)
MAY_COUNT = (
    "{rpo} is sent as one number, and {count} in it may count parcels. Compare it with the "
    "parcel's label."
)
NO_ORDER = (
    "{found} is not an order number: it must be a whole number. Write the order's number from the "
    "shop."
)
ORDER_WITH_TAIL = (
    "{found} is not an order number: it must be a whole number. Write it without {tail}, if the "
    "shop's order is {number}; if all orders of your sheets end so, say --order-suffix={tail} once."
)
ORDER_WITH_HEAD = (
    "{found} is not an order number: it must be a whole number. Write {number} alone, if that is "
    "the shop's order; if all orders of your sheets begin so, say --order-prefix={head} once."
)
ORDER_OF_MONEY = (
    "{found} looks like a sum of money, and is no order number. Write the order's number from the "
    "shop; if the numbers stand in another column, name it: --column bill_id=HEADER."
)
ORDER_OF_TWO_READINGS = (
    "{found} can be read as {short} and as {long}. Write the order's number from the shop, without "
    "a dot or comma."
)
NOT_WHOLE = "{found} is not a whole number. Correct the cell."
TOO_MANY_DIGITS = (
    "{number} has {count} digits, and spreadsheets keep only {kept} of a number: the last ones are "
    "lost. Format the column as text and type the number again, or export the sheet anew."
)
SHORTENED = (
    "{found} is a number that a spreadsheet has shortened: its digits are lost. Format the column "
    "as text and type the number again, or export the sheet anew."
)
UNSAVED_FORMULA = (
    "the formula {found} has no saved result. Open the sheet in Excel, save it and run it again, "
    "or replace the formula by its value."
)
ERROR_CELL = "the cell shows the error {found}. Mend the formula, or replace it by its value."
CONTROL = "{found} holds a control character ({name}), which cannot be seen. Type it anew."
KIND_YES_NO = "the yes/no value"
KIND_DATE = "the date or time"
HOW_TO_WRITE = "Write it like 2026-11-20 or 20.11.2026."
DAY_FIRST = "day first"
MONTH_FIRST = "month first"
TOO_EARLY = "{found} is before the year {year}. Correct the date."
IN_FUTURE = "{found} is more than a day ahead of now ({now:%Y-%m-%d %H:%M}). Correct the date."
NO_DATE = "{found} is not a date. {advice}"
NEITHER_DATE_NOR_SECONDS = (
    "{found} is not a date: it is neither a date cell nor seconds since 1970. {advice}"
)
NOR_LIKE = " nor like {format}"
NO_DATE_LIKE = "{found} is not a date{wanted}. {advice}"
SHORT_YEAR = "{found} has a year of two digits. {advice}{use}"
ZONE_UNKNOWN = (
    "{found} names a time zone that is not known here ({zone}). Write the offset in its place, "
    "like 2026-11-20 10:15+03:00.{use}"
)
USE_FOR_ALL = " If all dates of the sheet are written like this, use {options}."
USE_FOR_ZONE = (
    " If all dates of the sheet are written like this, use {options} and the zone's name, such as "
    "--timezone America/Los_Angeles."
)
DATE_FORMAT = '--date-format "{format}" (reads it as {day})'
OR = " or "
TWO_READINGS = (
    "{found} can be read two ways: which part is the day? {advice} If all dates of the sheet are "
    "meant alike, say --day-first or --month-first."
)
NO_SUCH_DATE = "there is no such date as {found}. Correct it."
OTHER_WEEKDAY = (
    "{found} names a weekday ({weekday}) that is not that of its day: {day:%Y-%m-%d} is a "
    "{day:%A}. Correct the date or the weekday."
)
OUT_OF_RANGE = "{found} is out of the calendar's range. Correct it."
HAPPENED_TWICE = "happened twice"
NEVER_HAPPENED = "did not exist"
CLOCK_CHANGE = (
    "{found} {what} in {zone}, where the clocks were changed. Write the date with its zone, such "
    "as 2026-11-20 01:30+03:00, or choose --timezone UTC."
)
OLD = "the date lies {days} days back. Check that the year is right."
DATE_OF_SENDING = (
    "the day under this header is taken for that of the payment, as the sheet has no other. Check "
    "that it is; if so, say it once: --column date=HEADER, or call the column Date."
)
SHARED_TRACKING = (
    "the tracking number {rpo} is also that of order {bill_id} in row {row}. Check that both "
    "orders travel in one parcel."
)
CHECK_DIGIT = (
    "the check digit of {rpo} is wrong, so a digit or letter of it is. Compare it with the "
    "parcel's label."
)
CANCELLED_AFTER_SENT = (
    "order {bill_id} is sent in row {row} and cancelled here. Check that it was not meant to be a "
    "return."
)
NEWEST_FIRST = (
    "row {row}, above, says {earlier} of order {bill_id}, and this row says {status}. Rows of one "
    "order are sent from top to bottom, so {status} goes out after {earlier}. If the sheet is "
    "sorted newest first, sort it oldest first and run it again."
)
WRITE_ORDER = "Write the order's number from the shop."
WRITE_STATUS = "Write {choices}."
WRITE_DATE = "Write the day it was {done}, like 2026-11-20 or 20.11.2026."
WRITE_TRACKING = "Write the parcel's tracking number."
NO_COLUMN = "{label}: the sheet has no column for it. Add it, or name it: --column {field}=HEADER."
NO_DATE_COLUMN = (
    "{label}: the sheet has no column for it. Say the day for all rows that name none: --date "
    "2026-11-20; or name the column: --column {field}=HEADER."
)
EMPTY_CELL = "the cell is empty. {advice}"
ROW_TOO_LONG = (
    "the row has {cells} cells and the header {header}, so its cells may stand under wrong "
    "headers. A cell that holds the delimiter must be in quotation marks: correct the row, or "
    "export the sheet as .xlsx."
)
VOIDED = (
    "{name}: {found} says that this shipment was withdrawn. Delete the row; or, if the parcel was "
    "sent, empty this cell."
)
TWIN_UNCLEAR = (
    "this row says the same as row {twin}, but row {between} gives order {bill_id} another status "
    "in between. Keep the row that is true in the end and delete the others."
)
AND_OTHERS = " and others"
PRODUCT_LINE = (
    "says nothing but the order number, as a further product of the order in row {row}; nothing is "
    "sent for it."
)
OTHER_TIMES = (
    "the rows of order {bill_id} name one tracking number and one day, but different times. They "
    "are taken for one parcel, posted at the earliest ({time:%Y-%m-%d %H:%M}); check that."
)
TWO_PARCELS = (
    "order {bill_id} is {status} here and, with another tracking number, in row {shown}{rest}: two "
    "parcels? The shop takes one number; keep one row and delete the others."
)
CONTRADICTION = (
    "order {bill_id} is {status} here and, with another date or tracking number, in row "
    "{shown}{rest}. Keep the right row and delete the others."
)
