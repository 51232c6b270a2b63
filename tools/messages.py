"""The template of the catalogues: every sentence that the program says, `make messages`.

It is taken from the code, where each sentence stands within `_`, `N_` or `ngettext`.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import write_po

PACKAGE = Path(__file__).parent.parent / "batch_update"
TEMPLATE = PACKAGE / "locales" / "batch-update.pot"
_KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2)}


def extract() -> Catalog:
    """Collect the sentences, each with the modules that say it."""
    catalogue = Catalog(project="batch-update", charset="utf-8", fuzzy=False)
    found = extract_from_dir(str(PACKAGE), [("**.py", "python")], keywords=_KEYWORDS)
    for path, _line, message, comments, context in sorted(found, key=lambda one: one[:2]):
        place = (Path(path).as_posix(), 0)
        catalogue.add(message, locations=[place], auto_comments=comments, context=context)
    return catalogue


def as_template(catalogue: Catalog) -> str:
    """Give the template's text; the same sentences give the same text on each day."""
    file = io.BytesIO()
    write_po(file, catalogue, width=100, omit_header=True, include_lineno=False)
    return file.getvalue().decode("utf-8")


def main() -> int:
    """Write the template."""
    TEMPLATE.parent.mkdir(exist_ok=True)
    TEMPLATE.write_text(as_template(extract()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
