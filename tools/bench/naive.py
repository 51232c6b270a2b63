"""The script that one would write instead: read, post, write; no checks, no second try.

python -m tools.bench.naive SHEET RESULTS [URL]   without URL nothing is sent
"""

from __future__ import annotations

import sys

import pandas
import requests


def main(source: str, target: str, url: str = "") -> None:
    """Send every row, and write what came of it beside it."""
    frame = pandas.read_excel(source)
    outcomes = []
    for _, row in frame.iterrows():
        if url:
            answer = requests.post(url, data=dict(row), timeout=30).json()
            outcomes.append(answer["error_text"])
        else:
            outcomes.append("OK")
    frame["result"] = outcomes
    frame.to_excel(target, index=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
