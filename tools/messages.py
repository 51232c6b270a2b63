"""The catalogues: the template with every sentence that the program says, and each language.

`make messages` takes the sentences from the code, where each stands within `_`, `N_` or `ngettext`;
brings the translations (.po) up to date with them, and compiles these (.mo). A sentence that is new
stands untranslated in its place; one that is no longer said is dropped. Nothing is guessed.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from batch_update.settings.options import OPTIONS

PACKAGE = Path(__file__).parent.parent / "batch_update"
LOCALES = PACKAGE / "locales"
TEMPLATE = LOCALES / "batch-update.pot"
_NAME = "batch-update.po"
_KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2)}
_WIDTH = 100

ARGPARSE: tuple[str | tuple[str, str], ...] = (
    "usage: ",
    "positional arguments",
    "options",
    "show this help message and exit",
    "argument %(argument_name)s: %(message)s",
    "expected one argument",
    "ignored explicit argument %r",
    "invalid choice: %(value)r (choose from %(choices)s)",
    "the following arguments are required: %s",
    "not allowed with argument %s",
    "ambiguous option: %(option)s could match %(matches)s",
)
"""What the standard library's parser says in our place; it asks the catalogue of our domain."""


class _Catalogue(Catalog):
    """A catalogue whose header holds no dates and no versions, so that its bytes stay the same."""

    def _get_headers(self) -> list[tuple[str, str]]:
        return [
            ("Project-Id-Version", "batch-update"),
            ("Language", str(self.locale_identifier)),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit"),
            ("Plural-Forms", self.plural_forms),
        ]

    mime_headers = property(_get_headers, Catalog._set_mime_headers)


def extract() -> Catalog:
    """Collect the sentences, each with the modules that say it."""
    catalogue = Catalog(project="batch-update", charset="utf-8", fuzzy=False)
    found = extract_from_dir(str(PACKAGE), [("**.py", "python")], keywords=_KEYWORDS)
    for path, _line, message, comments, context in sorted(found, key=lambda one: one[:2]):
        place = (Path(path).as_posix(), 0)
        catalogue.add(message, locations=[place], auto_comments=comments, context=context)
    for metavar in sorted({option.metavar for option in OPTIONS if option.metavar}):
        catalogue.add(metavar, locations=[("settings/options.py", 0)])
    for said in ARGPARSE:
        catalogue.add(said, locations=[("argparse.py", 0)])
    return catalogue


def as_template(catalogue: Catalog) -> str:
    """Give the template's text; the same sentences give the same text on each day."""
    return _written(catalogue)


def catalogues() -> list[Path]:
    """List the translations, one of each language."""
    return sorted(LOCALES.glob(f"*/LC_MESSAGES/{_NAME}"))


def read(path: Path) -> Catalog:
    """Read a translation; its folder names the language."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name, abort_invalid=True)


def updated(translation: Catalog, template: Catalog) -> Catalog:
    """Return a translation of exactly the template's sentences, in its order."""
    locale = translation.locale_identifier
    catalogue = _Catalogue(locale=locale, charset="utf-8", header_comment="", fuzzy=False)
    catalogue.mime_headers = translation.mime_headers
    for message in filter(_is_sentence, template):
        known = translation.get(message.id, message.context)
        is_same = known is not None and known.id == message.id and not known.fuzzy
        catalogue.add(
            message.id,
            known.string if known is not None and is_same else "",
            locations=message.locations,
            auto_comments=message.auto_comments,
            user_comments=known.user_comments if known is not None else (),
            context=message.context,
        )
    return catalogue


def as_translation(catalogue: Catalog) -> str:
    """Give the text of a translation."""
    header = "".join(f'"{name}: {value}\\n"\n' for name, value in catalogue.mime_headers)
    return f'msgid ""\nmsgstr ""\n{header}\n{_written(catalogue)}'


def compiled(translation: Catalog) -> bytes:
    """Give the bytes that the program loads; what is not translated whole is said in English."""
    catalogue = _Catalogue(locale=translation.locale_identifier, charset="utf-8", fuzzy=False)
    catalogue.mime_headers = translation.mime_headers
    for message in filter(_is_sentence, translation):
        if not message.fuzzy and _is_whole(message, translation.num_plurals):
            catalogue.add(message.id, message.string, context=message.context)
    file = io.BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def lacking(translation: Catalog) -> list[str]:
    """List the sentences that are not translated, or not in all their forms."""
    sentences = filter(_is_sentence, translation)
    count = translation.num_plurals
    return [forms(one.id)[0] for one in sentences if not _is_whole(one, count)]


def forms(said: str | Iterable[str] | None) -> tuple[str, ...]:
    """Return the forms of a sentence: one, or those that a number decides."""
    return (said or "",) if said is None or isinstance(said, str) else tuple(said)


def _is_whole(message: Message, plurals: int) -> bool:
    strings = forms(message.string)
    return all(strings) and len(strings) == (plurals if message.pluralizable else 1)


def _is_sentence(message: Message) -> bool:
    """Return whether a message is none of the header."""
    return bool(message.id)


def _written(catalogue: Catalog) -> str:
    file = io.BytesIO()
    write_po(
        file, catalogue, width=_WIDTH, omit_header=True, include_lineno=False, ignore_obsolete=True
    )
    return file.getvalue().decode("utf-8")


def main() -> int:
    """Write the template and every language."""
    LOCALES.mkdir(exist_ok=True)
    template = extract()
    TEMPLATE.write_text(as_template(template), encoding="utf-8", newline="\n")
    for path in catalogues():
        translation = updated(read(path), template)
        path.write_text(as_translation(translation), encoding="utf-8", newline="\n")
        path.with_suffix(".mo").write_bytes(compiled(translation))
        left = lacking(translation)
        print(f"{path.parent.parent.name}: {len(left)} sentences without a translation")
        for sentence in left:
            print(f"  {sentence.strip()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
