"""One program at work: it runs a command line for each line of its input.

    PYTHONPATH=TREE python tools/sameness/worker.py FOLDER

A line of input is a list of arguments in JSON; the line of output for it says, in JSON too, the
exit status, what was printed, and each request that went to the shop.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from typing import Any

from batch_update.cli import main
from batch_update.sandbox import Sandbox, Shop

LOGIN = "myshop"
KEY = "0123456789abcdef0123456789abcdef"
MISSING = range(100_003, 100_200, 17)


class _Witness(Sandbox):
    """A shop that writes down what is asked of it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        super().__init__(username=LOGIN, secret_key=KEY)

    def begin(self) -> None:
        """Begin anew, with no orders changed."""
        self.shop = Shop(missing=MISSING, paid={100_007: "1795122000"})
        self.asked.clear()

    def answer(self, call: str, fields: dict[str, str], fault: Any) -> bytes:
        """Answer a request, and note it."""
        self.asked.append((call, dict(fields)))
        return super().answer(call, fields, fault)


def serve(folder: str) -> None:
    """Run command lines until the input ends."""
    os.chdir(folder)
    screen = sys.stdout
    with _Witness() as shop:
        os.environ |= {
            "JUSTCLICK_BASE_URL": shop.base_url,
            "JUSTCLICK_USERNAME": LOGIN,
            "JUSTCLICK_SECRET_KEY": KEY,
        }
        for line in sys.stdin:
            arguments = json.loads(line)
            said, complained = io.StringIO(), io.StringIO()
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(complained):
                if "--again" not in arguments:
                    shop.begin()
                shop.asked.clear()
                status = main([one for one in arguments if one != "--again"])
            texts = (stream.getvalue() for stream in (said, complained))
            printed = [
                text.replace(shop.base_url, "SHOP").replace(folder, "FOLDER") for text in texts
            ]
            came = {"status": int(status), "printed": printed, "asked": shop.asked}
            print(json.dumps(came), file=screen, flush=True)


if __name__ == "__main__":
    serve(sys.argv[1])
