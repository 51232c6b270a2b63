from __future__ import annotations

import re

from batch_update import errors
from batch_update.errors import SendError

AGAIN = {"yes": True, "no": False}
ACTED = {"maybe": True, "no": False}


def drawn() -> dict[str, tuple[str, bool, bool]]:
    """Read scope, whether to try again and whether the shop may have acted from the drawing."""
    lines = re.findall(
        r"(?m)^ +[│├└─ ]*─ (\w+Error) +.* (\w+) +(yes|no) +(maybe|no)$", errors.__doc__ or ""
    )
    return {name: (scope, AGAIN[again], ACTED[acted]) for name, scope, again, acted in lines}


def subclasses(kind: type[SendError]) -> list[type[SendError]]:
    return [one for sub in kind.__subclasses__() for one in (sub, *subclasses(sub))]


def test_the_policy_of_each_error_is_the_one_that_is_drawn() -> None:
    carried = {
        kind.__name__: (kind.scope.value, kind.is_retriable, kind.may_have_acted)
        for kind in subclasses(SendError)
        if kind.__module__ == errors.__name__
    }
    assert drawn() == carried
    assert carried


def test_the_exit_status_of_each_error_is_the_one_that_is_drawn() -> None:
    found = re.findall(r"(?m)^ +[│├└─ ]*(\w+Error) +.* exit (\d)$", errors.__doc__ or "")
    assert found != []
    assert {name: int(getattr(errors, name).exit_status) for name, _ in found} == {
        name: int(status) for name, status in found
    }
