"""Runs of a team keep one pace and one lease each, over a real server of PostgreSQL."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import psycopg
import pytest

from batch_update.delivery import AdaptiveLimiter, Sender, concurrency_of
from batch_update.delivery.auto_concurrency import MOST_AT_ONCE
from batch_update.justclick.api import JustClickApi
from batch_update.justclick.client import Client
from batch_update.ledger.postgresql.clock import DatabaseClock, elapsed_s
from batch_update.ledger.postgresql.slots import SPACING, tolerance_s
from batch_update.model import OrderUpdate, Outcome, Status
from tests import team
from tests.conftest import CREDENTIALS, OpenSandbox
from tests.link import Link
from tests.posix import needs_signals
from tests.postgres import PostgresServer
from tests.sandbox import Fault, Sandbox, Script
from tests.team import QUICK, Member, add_run, open_member

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0


@pytest.fixture
def ledger(database: str) -> str:
    """A team's ledger, by its address."""
    team.make_tables(database)
    return database


def connecting(url: str) -> Callable[[], psycopg.Connection]:
    return lambda: psycopg.connect(url, connect_timeout=5)


def wait_for(condition: Callable[[], object], timeout_s: float = PATIENCE_S) -> float:
    """Wait for something that happens in other threads; give how long it took."""
    start = time.monotonic()
    while not condition():
        assert time.monotonic() - start < timeout_s, "it did not happen"
        time.sleep(0.002)
    return time.monotonic() - start


@contextlib.contextmanager
def opened(url: str, rate: float | None = None) -> Iterator[Member]:
    with open_member(connecting(url), add_run(url, rate), rate=rate) as member:
        assert member.lease.wait_until_held(PATIENCE_S)
        # It knows by now what the others have met before.
        wait_for(lambda: member.pace.wait_s(1) == 0)
        member.pace.leave()
        yield member


def execute(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


def fullest_second(moments: list[float]) -> int:
    """Give the largest number of requests within any second."""
    moments = sorted(moments)
    most = first = 0
    for last, moment in enumerate(moments):
        while moments[first] <= moment - 1.0:
            first += 1
        most = max(most, last - first + 1)
    return most


@contextlib.contextmanager
def processes(url: str, shop: Sandbox, rates: list[float]) -> Iterator[list[subprocess.Popen[str]]]:
    started = []
    for rate in rates:
        run = add_run(url, rate or None)
        arguments = (url, shop.base_url, str(run.id), str(run.token), str(rate))
        started.append(
            subprocess.Popen(
                (sys.executable, "-m", "tests.team", *arguments),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                encoding="utf-8",
                cwd=ROOT,
            )
        )
    try:
        yield started
    finally:
        for process in started:
            with contextlib.suppress(subprocess.TimeoutExpired, ValueError):
                process.communicate(timeout=PATIENCE_S)
            process.kill()
            process.wait(PATIENCE_S)


def test_no_second_sees_more_requests_than_the_rate_over_four_processes(
    ledger: str, open_sandbox: OpenSandbox
) -> None:
    rate, seconds = 20, 6
    shop = open_sandbox()
    with processes(ledger, shop, [rate] * 4):
        assert shop.wait_for_requests(2 * rate, PATIENCE_S)
        begin = shop.requests[-1].at
        assert shop.wait_for_requests(len(shop.requests) + rate * seconds, 3 * seconds)
        moments = [request.at for request in shop.requests]
        senders = {int(request.fields["bill_id"]) // 1_000_000 for request in shop.requests}
    assert fullest_second(moments) <= rate
    used = [moment for moment in moments if moment > begin]
    assert len(used) / (used[-1] - begin) >= 0.9 * rate
    assert len(senders) == 4


def test_the_smallest_rate_counts_and_holds_for_runs_without_one(
    ledger: str, open_sandbox: OpenSandbox
) -> None:
    shop = open_sandbox()
    with processes(ledger, shop, [10.0, 100.0, 0.0]):
        assert shop.wait_for_requests(60, PATIENCE_S)
        moments = [request.at for request in shop.requests]
    # Those who have just started learn of the others' rates with their first look.
    late = [moment for moment in moments if moment > moments[0] + 2.0]
    assert fullest_second(late) <= 10
    assert len(late) > 20


def test_a_run_with_a_lower_rate_begins_when_the_others_keep_it(
    ledger: str, open_sandbox: OpenSandbox
) -> None:
    shop = open_sandbox()
    with processes(ledger, shop, [0.0, 40.0]):
        assert shop.wait_for_requests(80, PATIENCE_S)
        with open_member(connecting(ledger), add_run(ledger, 10.0), rate=10.0) as member:
            wait_for(lambda: member.pace.wait_s(1) == 0)
            now = time.monotonic()
            moments = [request.at for request in shop.requests]
    assert len([moment for moment in moments if now - 1.0 < moment]) < 10
    # The others were not held back before.
    assert fullest_second(moments) > 10


@needs_signals
def test_a_process_that_was_stopped_for_a_while_does_not_catch_up(
    ledger: str, open_sandbox: OpenSandbox
) -> None:
    shop = open_sandbox()
    with processes(ledger, shop, [20.0] * 2) as (first, _):
        assert shop.wait_for_requests(20, PATIENCE_S)
        first.send_signal(signal.SIGSTOP)
        assert shop.wait_for_requests(len(shop.requests) + 20, PATIENCE_S)
        first.send_signal(signal.SIGCONT)
        assert shop.wait_for_requests(len(shop.requests) + 40, PATIENCE_S)
        moments = [request.at for request in shop.requests]
    assert fullest_second(moments) <= 20


@pytest.mark.parametrize("rate", [0.5, 1, 2.5, 7, 20, 333])
def test_slots_that_are_left_as_late_as_they_may_be_keep_the_rate(rate: float) -> None:
    late = itertools.cycle([tolerance_s(rate), 0.0, 0.0])
    moments = [number * SPACING / rate + next(late) for number in range(1000)]
    assert tolerance_s(rate) > 0.019
    assert fullest_second(moments) <= max(1, -(-rate // 1))


def test_a_slot_that_was_missed_is_not_used(ledger: str) -> None:
    with opened(ledger, rate=5.0) as member:
        wait_for(lambda: member.pace.wait_s(1) == 0)
        # Nothing but the passing of time makes a slot late.
        wait_for(lambda: member.pace.wait_s(1) > 0, timeout_s=2.0)


def test_a_pause_that_one_meets_holds_the_others_within_a_second(ledger: str) -> None:
    with opened(ledger) as one, opened(ledger) as other:
        start = time.monotonic()
        one.limiter.pause_all(1.5)
        assert wait_for(lambda: other.pace.wait_s(1) > 0) < 1.0
        with other.limiter.slot():
            assert time.monotonic() - start > 1.4
        # A shorter one that is met later ends no longer one.
        start = time.monotonic()
        one.limiter.pause_all(1.5)
        wait_for(lambda: other.pace.wait_s(1) > 0)
        other.limiter.pause_all(0.1)
        with other.limiter.slot():
            assert time.monotonic() - start > 1.4


def meet_overload(member: Member) -> int:
    with member.limiter.slot() as number:
        member.limiter.on_overload(number)
    return number


def test_an_overload_that_one_meets_slows_the_others_down_once(ledger: str) -> None:
    with opened(ledger) as one, opened(ledger) as other:
        for _ in range(2):
            seen = other.pace.overloads
            meet_overload(one)
            wait_for(lambda seen=seen: other.pace.overloads > seen)  # type: ignore[misc]
            with other.limiter.slot():
                pass
        assert one.limiter.allowed == other.limiter.allowed == team.WORKERS // 2
        assert one.pace.overloads == 0


def test_runs_that_meet_the_same_overload_slow_down_once(ledger: str) -> None:
    with opened(ledger) as one, opened(ledger) as other:
        meet_overload(one)
        wait_for(lambda: other.pace.overloads)
        with one.limiter.slot() as first, other.limiter.slot() as second:
            one.limiter.on_overload(first)
            other.limiter.on_overload(second)
        fence = one.pace.overloads, other.pace.overloads
        one.limiter.pause_all(0.3)
        wait_for(lambda: other.pace.wait_s(1) > 0)
        wait_for(lambda: other.pace.wait_s(1) == 0 and one.pace.wait_s(1) == 0)
        assert (one.pace.overloads, other.pace.overloads) == fence
        assert one.limiter.allowed == other.limiter.allowed == team.WORKERS // 2


def test_a_refused_account_stops_the_runs_that_had_begun_and_no_later_one(ledger: str) -> None:
    with opened(ledger) as one, opened(ledger) as other:
        one.limiter.on_refusal("wrong key from the start")
        with one.limiter.slot() as number:
            one.limiter.on_success(number)
        one.limiter.on_refusal("the shop's account is switched off")
        assert wait_for(lambda: other.limiter.is_stopped) < 1.0
        reason = other.limiter.stop_reason
        assert "The shop refused the account at " in reason
        assert "the run of anna (process 4711 on desk-2)" in reason
        assert reason.endswith("the shop's account is switched off")
        assert not one.limiter.is_stopped
        with opened(ledger) as later:
            assert wait_for(lambda: later.pace.wait_s(1) == 0) < PATIENCE_S
            assert not later.limiter.is_stopped


@pytest.mark.parametrize(
    ("loss", "is_silent"),
    [
        ("UPDATE batch_update.runs SET lost_at = alive_at, lost_kind = 'unlocked'", False),
        ("UPDATE batch_update.runs SET lost_at = alive_at + 60000, lost_kind = 'silent'", True),
    ],
)
def test_a_run_that_others_mark_as_lost_sends_nothing_more(
    ledger: str, loss: str, is_silent: bool
) -> None:
    with opened(ledger) as member:
        execute(ledger, loss)
        assert wait_for(lambda: not member.lease.may_send()) < 1.0
        assert ("no sign of life" in member.lease.lost) is is_silent
        assert "somebody" in member.lease.lost
        assert member.limiter.stop_reason == member.lease.lost


def test_a_run_that_was_ended_from_elsewhere_sends_nothing_more(ledger: str) -> None:
    with opened(ledger) as member:
        execute(ledger, "UPDATE batch_update.runs SET ended_at = batch_update.now_ms()")
        wait_for(lambda: not member.lease.may_send())
        assert "Somebody has ended this run" in member.lease.lost


def test_the_heartbeat_marks_runs_that_give_no_sign_of_life(ledger: str) -> None:
    dead, alive = add_run(ledger), add_run(ledger)
    execute(ledger, "UPDATE batch_update.runs SET lease_until = 1 WHERE token = 1")

    def lost() -> list[tuple[object, ...]]:
        with psycopg.connect(ledger) as connection:
            return connection.execute(
                "SELECT id, lost_kind, lost_operator, lost_host, lost_pid FROM batch_update.runs"
                " WHERE lost_at > 0"
            ).fetchall()

    with opened(ledger):
        wait_for(lost)
        assert lost() == [(dead.id, "silent", "anna", "desk-2", 4711)]
    assert (dead.token, alive.token) == (1, 2)


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    with PostgresServer() as one:
        team.make_tables(one.url())
        yield one


def test_a_run_whose_database_is_away_stops_sending_before_its_lease_ends_and_goes_on_later(
    server: PostgresServer,
) -> None:
    with opened(server.url()) as member:
        server.stop("immediate")
        waited_s = wait_for(lambda: not member.lease.may_send())
        assert waited_s < QUICK.lasts_s - QUICK.margin_s
        assert not member.lease.lost
        server.start()
        wait_for(member.lease.may_send)
        server.restart()
        server.restart()
        assert member.lease.wait_until_held(PATIENCE_S)
        assert not member.lease.lost


def test_a_database_that_hangs_does_not_hang_the_lease_for_ever(server: PostgresServer) -> None:
    with opened(server.url(), rate=50.0) as member:
        wait_for(lambda: member.pace.wait_s(1) == 0)
        server.pause()
        wait_for(lambda: not member.lease.may_send())
        server.resume()
        wait_for(member.lease.may_send)
        wait_for(lambda: member.pace.wait_s(1) == 0)


def test_a_network_that_swallows_everything_ends_the_sending_and_not_the_run(
    ledger: str,
) -> None:
    folder = dict(parse_qsl(urlsplit(ledger).query))["host"]
    with Link(Path(folder) / ".s.PGSQL.5432") as link:

        def connect() -> psycopg.Connection:
            return psycopg.connect(ledger, host="127.0.0.1", port=link.port, connect_timeout=2)

        with open_member(connect, add_run(ledger)) as member:
            assert member.lease.wait_until_held(PATIENCE_S)
            link.cut()
            wait_for(lambda: not member.lease.may_send())
            link.heal()
            wait_for(member.lease.may_send)
            assert not member.lease.lost


def test_a_fault_of_the_program_ends_the_run_with_words(ledger: str) -> None:
    def connect() -> psycopg.Connection:
        raise ZeroDivisionError

    with open_member(connect, add_run(ledger)) as member:
        wait_for(lambda: member.limiter.is_stopped)
        assert member.limiter.stop_reason.startswith("batch-update itself failed")


@needs_signals
def test_a_run_that_was_stopped_for_longer_than_its_lease_sends_nothing_before_it_is_renewed(
    server: PostgresServer,
) -> None:
    renewals = threading.Event()
    renewals.set()

    def connect() -> psycopg.Connection:
        renewals.wait(PATIENCE_S)
        return psycopg.connect(server.url(), connect_timeout=5)

    url = server.url()
    with open_member(connect, add_run(url)) as member:
        assert member.lease.wait_until_held(PATIENCE_S)
        renewals.clear()
        server.restart()
        sleeper = subprocess.Popen(
            (
                sys.executable,
                "-c",
                "import os, signal, sys, time\n"
                "pid = int(sys.argv[1])\n"
                "os.kill(pid, signal.SIGSTOP)\n"
                "time.sleep(float(sys.argv[2]))\n"
                "os.kill(pid, signal.SIGCONT)\n",
                str(os.getpid()),
                str(QUICK.lasts_s),
            )
        )
        sleeper.wait(PATIENCE_S)
        assert not member.lease.may_send()
        renewals.set()
        wait_for(member.lease.may_send)


def test_a_request_leaves_only_if_the_lease_is_held_when_its_connection_is_there(
    server: PostgresServer, open_sandbox: OpenSandbox
) -> None:
    shop = open_sandbox(Script({1: [Fault.busy(429, "0")]}))
    with (
        opened(server.url()) as member,
        Client(
            base_url=shop.base_url,
            credentials=CREDENTIALS,
            timeout_s=5.0,
            before_sending=member.limiter.before_sending,
        ) as client,
    ):
        sender = Sender(JustClickApi(client), retries=3, limiter=member.limiter)
        paid = OrderUpdate(bill_id=1, status=Status.CANCEL)
        first = sender.deliver(paid)
        assert (first.outcome, first.attempts) == (Outcome.UPDATED, 2)
        execute(server.url(), "UPDATE batch_update.runs SET lost_at = 1, lost_operator = 'boris'")
        wait_for(lambda: member.lease.lost)
        second = sender.deliver(paid)
    assert (second.outcome, second.error_code, second.attempts) == (Outcome.NOT_SENT, "stopped", 0)
    assert "the run of boris" in second.error_text
    assert len(shop.requests) == 2


def test_the_databases_clock_is_kept_without_being_early() -> None:
    clock = DatabaseClock()
    now = elapsed_s()
    ahead_s = 1_000_000.0
    for way_out_s, way_back_s in ((0.1, 0.3), (0.2, 0.01), (0.4, 0.2)):
        left_s = now
        now += way_out_s + way_back_s
        clock.observe(left_s, round((left_s + way_out_s + ahead_s) * 1e6), now)
    late_s = clock.not_before_s(round((now + ahead_s) * 1e6)) - now
    assert 0.0099 < late_s < 0.0115
    # Set back by ten minutes: at once all that was known before is forgotten.
    clock.observe(now, round((now + ahead_s - 600.0) * 1e6), now + 0.01)
    late_s = clock.not_before_s(round((now + ahead_s - 600.0) * 1e6)) - now
    assert late_s == pytest.approx(0.01, abs=1e-4)


def test_runs_that_find_out_what_the_shop_takes_share_the_most_there_may_be(ledger: str) -> None:
    with opened(ledger) as one:
        assert wait_for(lambda: one.pace.wait_s(1) == 0) < PATIENCE_S
        assert one.pace.runs == 1
        concurrency = concurrency_of(None)
        limiter = AdaptiveLimiter(
            concurrency=concurrency, stop=threading.Event(), shared=one.pace, clock=lambda: 0.0
        )
        while limiter.allowed < MOST_AT_ONCE:
            with contextlib.ExitStack() as stack:
                numbers = [stack.enter_context(limiter.slot()) for _ in range(limiter.allowed)]
                for number in numbers:
                    limiter.on_success(number)
        with opened(ledger):
            wait_for(lambda: one.pace.runs == 2)
            with limiter.slot():
                assert limiter.allowed == MOST_AT_ONCE // 2
