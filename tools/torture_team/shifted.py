"""batch-update on a machine whose clock is wrong.

python -m tools.torture_team.shifted SECONDS ARGUMENTS…   as `batch-update ARGUMENTS…`

The wall clock alone is shifted, as on a real machine, not the steady one. Debian's faketime would
do it too, but then Python's `time.sleep` fails.
"""

from __future__ import annotations

import datetime as dt
import sys
from typing import Any

_TRUE = dt.datetime


class _Instances(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _TRUE)


class _Shifted(_TRUE, metaclass=_Instances):
    """A datetime whose now() is wrong; what it makes are ordinary ones."""

    shift = dt.timedelta()

    def __new__(cls, *args: Any, **named: Any) -> Any:
        return _TRUE(*args, **named)

    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> Any:
        return _TRUE.now(tz) + cls.shift


def main() -> int:
    """Run the program with the clock shifted."""
    _Shifted.shift = dt.timedelta(seconds=float(sys.argv[1]))
    dt.datetime = _Shifted  # type: ignore[misc]
    # Only now: its modules take the clock as they are loaded.
    from batch_update.cli import main as batch_update

    return batch_update(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
