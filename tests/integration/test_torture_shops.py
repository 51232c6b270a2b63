"""The stand-in of many shops: it keeps what it sees, and the judge agrees with an honest run."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

from tools.torture import COMMAND
from tools.torture_team.judge import judge, read_results
from tools.torture_team.plan import Plan
from tools.torture_team.record import Record

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60


def test_an_honest_run_is_judged_clean(tmp_path: Path) -> None:
    chance = random.Random(1)  # noqa: S311 repeatable, not a secret
    plan = Plan.draw(chance, shops=2, rows=30, rate=100)
    plan.save(tmp_path / "plan.json")
    assert Plan.load(tmp_path / "plan.json") == plan
    with subprocess.Popen(
        (
            *(sys.executable, "-m", "tools.torture_team.shops"),
            *(tmp_path / "plan.json", tmp_path / "record", "0"),
        ),
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as shops:
        assert shops.stdout is not None
        addresses = json.loads(shops.stdout.readline())
        results = {}
        for shop in plan.shops:
            for number in range(len(shop.sheets)):
                sheet = tmp_path / f"{shop.name}-{number}.csv"
                shop.write_sheet(number, sheet)
                subprocess.run(
                    (COMMAND, sheet, "--quiet"),
                    cwd=tmp_path,
                    env={
                        **os.environ,
                        "JUSTCLICK_USERNAME": shop.login,
                        "JUSTCLICK_SECRET_KEY": shop.secret_key,
                        "JUSTCLICK_BASE_URL": addresses[shop.name],
                    },
                    check=True,
                    timeout=PATIENCE_S,
                )
                done = read_results(sheet.with_name(f"{sheet.stem}.results.csv"))
                results[shop.name, number] = [done]
        shops.communicate(timeout=PATIENCE_S)
    record = Record.load(tmp_path / "record")
    verdict = judge(plan, record, results)
    assert verdict.is_clean, verdict
    assert sum(len(shop.changes) for shop in record.shops.values()) == plan.rows
