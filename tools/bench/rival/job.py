"""The job that a good engineer writes with procrastinate in the place of the team's ledger.

python -m tools.bench.rival.job SHEET.csv   makes the tables, and a job of each row
procrastinate --app tools.bench.rival.job.app worker   works them off

As its documentation has it: a lock per order keeps the order's rows in the file's order, a queueing
lock per update refuses a row that waits already, jobs of killed workers are found by the heartbeat
and tried again. What it leaves to the job is done with care: a table with a unique key says what
was begun and what is done, the begin is committed before the request leaves, and a payment or
cancellation of unknown outcome is asked after before it is posted again. Where there were two ways,
this is the safer one: stalled jobs are looked for every 10 seconds rather than minutes, and no
failure of the network uses up a job's tries.
"""

from __future__ import annotations

import asyncio
import csv
import os
import sys
from pathlib import Path

import httpx
import psycopg
from procrastinate import App, BaseRetryStrategy, JobContext, PsycopgConnector, RetryDecision
from procrastinate.jobs import Job

from batch_update.justclick import signing
from tools.bench.rival.orders import KEY, LOGIN, TIMEOUT_S

ADDRESS = os.environ["RIVAL_DATABASE"]
SHOP = os.environ["RIVAL_SHOP"]
FIRST_WAIT_S, LONGEST_WAIT_S = 5, 60

BUSY = {429, 503}
HEADERS = {"Content-Type": "application/x-www-form-urlencoded"}
SHOWN = {"paid": "paid", "cancel": "cancel"}
"""The statuses that the shop shows of an order, and its names for them."""

TABLE = "CREATE TABLE updates (key text PRIMARY KEY, done_at timestamptz)"
BEGIN = "INSERT INTO updates (key) VALUES (%s) ON CONFLICT (key) DO NOTHING RETURNING key"
IS_DONE = "SELECT done_at IS NOT NULL FROM updates WHERE key = %s"
DONE = "UPDATE updates SET done_at = now() WHERE key = %s"

connector = PsycopgConnector(conninfo=ADDRESS, max_size=10)
app = App(connector=connector)
client = httpx.AsyncClient(timeout=TIMEOUT_S)


class BusyError(Exception):
    """The shop wants to be left alone for so many seconds; None if it does not say."""

    def __init__(self, wait_s: int | None) -> None:
        super().__init__(wait_s)
        self.wait_s = wait_s


class RefusedError(Exception):
    """The shop has said no."""


class Patient(BaseRetryStrategy):
    """Waits as long as the shop says, else twice as long each time; a refusal is final."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, RefusedError):
            return None
        wait_s = exception.wait_s if isinstance(exception, BusyError) else None
        if wait_s is None:
            wait_s = min(FIRST_WAIT_S * 2 ** min(job.attempts, 9), LONGEST_WAIT_S)
        return RetryDecision(retry_in={"seconds": wait_s})


@app.task(name="post_update", retry=Patient())
async def post_update(order: str, status: str, date: str, rpo: str) -> None:
    """Post one update, once as far as can be told."""
    key = key_of(order, status, date, rpo)
    if not await begin(key):
        if await ask(IS_DONE, key):
            return
        if status in SHOWN and await shown(order) == SHOWN[status]:
            await write(DONE, key)
            return
    fields = {"bill_id": order, "status": status, "date": date, "rpo": rpo}
    await call("UpdateOrderStatus", {name: value for name, value in fields.items() if value})
    await write(DONE, key)


@app.periodic(cron="* * * * * */10")
@app.task(name="retry_stalled_jobs", queueing_lock="retry_stalled_jobs", pass_context=True)
async def retry_stalled_jobs(context: JobContext, timestamp: int) -> None:  # noqa: ARG001 given
    """Have the jobs of dead workers done by living ones."""
    for job in await context.app.job_manager.get_stalled_jobs():
        await context.app.job_manager.retry_job(job)


def key_of(order: str, status: str, date: str, rpo: str) -> str:
    """Give the name by which an update is known."""
    return ":".join((order, status, date, rpo))


async def begin(key: str) -> bool:
    """Note that an update is about to be posted; tell whether it is for the first time."""
    return await ask(BEGIN, key) is not None


async def ask(statement: str, key: str) -> object:
    """Run a statement in a transaction of its own; give the first value, None if there is none."""
    async with connector.pool.connection() as connection:
        row = await (await connection.execute(statement, (key,))).fetchone()
    return row[0] if row else None


async def write(statement: str, key: str) -> None:
    """Run a statement that gives nothing back, in a transaction of its own."""
    async with connector.pool.connection() as connection:
        await connection.execute(statement, (key,))


async def shown(order: str) -> str:
    """Ask the shop whether an order is paid, cancelled or neither."""
    result = (await call("getOrderDetails", {"bill_id": order}))["result"]
    assert isinstance(result, dict)
    return str(result["pay_status"])


async def call(name: str, fields: dict[str, str]) -> dict[str, object]:
    """Make a signed call.

    Raises:
        BusyError, RefusedError: the shop says so.
        httpx.HTTPError: there was no proper answer.
    """
    body = signing.sign_request(list(fields.items()), LOGIN, KEY)
    answer = await client.post(f"{SHOP}/api/{name}", content=body, headers=HEADERS)
    if answer.status_code in BUSY:
        wait = answer.headers.get("Retry-After", "")
        raise BusyError(int(wait) if wait.isdigit() else None)
    answer.raise_for_status()
    said: dict[str, object] = answer.json()
    if said["error_code"] != 0:
        raise RefusedError(said["error_text"])
    return said


async def enqueue(sheet: Path) -> None:
    """Make the tables, and a job of each row, all in one transaction."""
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        async with await psycopg.AsyncConnection.connect(ADDRESS) as connection:
            await connection.execute(TABLE)
            with sheet.open(encoding="utf-8", newline="") as file:
                for row in csv.DictReader(file):
                    await post_update.configure(
                        connection=connection,
                        lock=f"order {row['order']}",
                        queueing_lock=key_of(**row),
                    ).defer_async(**row)


if __name__ == "__main__":
    asyncio.run(enqueue(Path(sys.argv[1])))
