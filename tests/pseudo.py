"""A language made from the template: each sentence of it in angle brackets, all else as it is."""

from __future__ import annotations

import re
from functools import cache
from gettext import NullTranslations

from babel.messages.pofile import read_po

from tools.messages import TEMPLATE

_INNERMOST = re.compile("«[^«»]*»")


@cache
def sentences() -> frozenset[str]:
    """List the sentences of the template, each form of those that a number decides."""
    with TEMPLATE.open(encoding="utf-8") as file:
        found = [message.id for message in read_po(file)]
    return frozenset(
        one for forms in found for one in ([forms] if isinstance(forms, str) else forms) if one
    )


class Pseudo(NullTranslations):
    """A catalogue of the language; a sentence that the template lacks is said in English."""

    def gettext(self, message: str) -> str:
        """Give a sentence in brackets."""
        return f"«{message}»" if message in sentences() else message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Give the form that goes with a number in brackets."""
        return self.gettext(msgid1 if n == 1 else msgid2)


def untranslated(text: str) -> str:
    """Give what stands in no brackets."""
    rest = text
    while (less := _INNERMOST.sub("", rest)) != rest:
        rest = less
    return rest
