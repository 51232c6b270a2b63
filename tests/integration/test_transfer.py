"""A ledger carried over into another one and back: nothing is lost, doubled or turned round."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import io
import itertools
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batch_update.batch.decisions import decide
from batch_update.delivery import ShopClock
from batch_update.errors import LedgerError, LedgerInUseError, ShopHeldError
from batch_update.ledger import Ledger, LedgerReader, open_reader
from batch_update.ledger.entries import fold, key_of, to_ms
from batch_update.ledger.postgresql import schema
from batch_update.ledger.postgresql.address import read_address
from batch_update.ledger.postgresql.carrying import TeamSide, TeamTarget
from batch_update.ledger.postgresql.carrying import open_source as open_team
from batch_update.ledger.postgresql.ledger import TeamLedger
from batch_update.ledger.postgresql.pruning import open_prunable
from batch_update.ledger.records import NOBODY, StartedBy
from batch_update.ledger.sqlite.carrying import SqliteSide, SqliteTarget
from batch_update.ledger.sqlite.carrying import open_source as open_file
from batch_update.ledger.sqlite.pruning import PrunableFile
from batch_update.ledger.transfer.carried import TEAM_FROM, Count, Tally
from batch_update.ledger.transfer.carry import carry_over
from batch_update.ledger.transfer.prune import prune
from batch_update.ledger.transfer.retention import Forgotten, forgettable
from batch_update.model import CheckedRow, Entry, Moment, OrderUpdate, Outcome, SendResult, Status
from tests.conftest import LOGIN, RUN_OPTIONS, CliRun, RunCli
from tests.integration.test_never_undone import write_version_1
from tests.old_ledgers import write_version_2
from tests.postgres import PostgresServer

BEGIN = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
DAYS = (dt.datetime(2026, 11, 20, tzinfo=dt.UTC), dt.datetime(2026, 11, 21, tzinfo=dt.UTC))
PAID = OrderUpdate(bill_id=1, status=Status.PAID, date=DAYS[0])
PAID_LATER = OrderUpdate(bill_id=1, status=Status.PAID, date=DAYS[1])
SENT = OrderUpdate(bill_id=1, status=Status.SENT, date=DAYS[0], rpo="RA1")
CANCEL = OrderUpdate(bill_id=1, status=Status.CANCEL)
UPDATES = (PAID, PAID_LATER, SENT, CANCEL, OrderUpdate(bill_id=1, status=Status.RETURN))
NUMBERS = itertools.count(1)
NOW = BEGIN + dt.timedelta(days=2)
CLOCK = ShopClock(lambda: NOW)
OPTIONS = dataclasses.replace(RUN_OPTIONS, wall=CLOCK.now, passed_s=CLOCK.passed_s)

ORDERS = """
    SELECT shops.name, updates.bill_id, updates.status, updates.date, updates.rpo, attempts.seq,
    attempts.event, attempts.at, attempts.row, attempts.code, attempts.text, attempts.unknown_at,
    sheets.name, sheets.sha256, runs.id, greatest(runs.alive_at, runs.lease_until), runs.ended_at,
    runs.ahead, '', 0
    FROM batch_update.updates
    JOIN batch_update.attempts ON attempts.update_id = updates.id
    JOIN batch_update.sheets ON sheets.id = attempts.sheet
    JOIN batch_update.runs ON runs.id = sheets.run
    JOIN batch_update.shops ON shops.id = updates.shop
    WHERE shops.name = %s AND updates.bill_id = %s ORDER BY attempts.seq
"""


class Clock:
    """A clock that is set by hand."""

    ahead = None

    def __init__(self) -> None:
        self.time = BEGIN

    def now(self) -> dt.datetime:
        self.time += dt.timedelta(milliseconds=1)
        return self.time


class Team:
    """A team's ledger in a database."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.address = read_address(url, "--ledger", {})
        with psycopg.connect(url, autocommit=True) as connection:
            schema.migrate(connection, "the ledger")

    def take(self, path: Path) -> Tally:
        with open_file(path) as source:
            return carry_over(source, TeamTarget(self.address))

    def give(self, path: Path) -> Tally:
        with Ledger(path) as ledger, open_team(self.address) as source:
            return carry_over(source, SqliteTarget(ledger), is_pair_fresh=True)

    def ask(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(query, values or None)
            return cursor.fetchall() if cursor.description else []

    def order(self, shop: str, bill_id: int = 1) -> list[Entry]:
        return fold(self.ask(ORDERS, shop, bill_id))

    def dump(self) -> list[list[tuple[Any, ...]]]:
        tables = ("shops", "runs", "sheets", "sheet_counts", "updates", "attempts")
        return [self.ask(f"TABLE batch_update.{name}") for name in tables]

    def note(self, shop: str, update: OrderUpdate, event: str, at: dt.datetime) -> None:
        """Note an event as a run of the team does; it is numbered by the database."""
        at_ms = int(at.timestamp() * 1000)
        ((shop_id,),) = self.ask(
            "INSERT INTO batch_update.shops (name) VALUES (%s) ON CONFLICT (name) DO UPDATE SET "
            "name = excluded.name RETURNING id",
            shop,
        )
        ((run, token),) = self.ask(
            "INSERT INTO batch_update.runs (shop, pid, host, version, started_at, alive_at, "
            "ended_at) VALUES (%s, 7, 'host', '1', %s, %s, %s) RETURNING id, token",
            *(shop_id, at_ms, at_ms, at_ms + 1),
        )
        ((sheet,),) = self.ask(
            "INSERT INTO batch_update.sheets (shop, run, name, sha256, seq, begun_at) "
            "VALUES (%s, %s, 'team.csv', 'ff', nextval('batch_update.numbers'), %s) RETURNING id",
            *(shop_id, run, at_ms),
        )
        date = 0 if update.date is None else int(update.date.timestamp())
        key = update.bill_id, shop_id, update.status.value, date, update.rpo or ""
        ((seq,),) = self.ask("SELECT nextval('batch_update.numbers')")
        confirmed = seq if event == "updated" else 0
        ((number,),) = self.ask(
            "INSERT INTO batch_update.updates (bill_id, shop, status, date, rpo, id, state, "
            "confirmed, last_seq, owner_run, token) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, "
            "%s, %s) ON CONFLICT (bill_id, shop, status, date, rpo) DO UPDATE SET "
            "state = excluded.state, last_seq = excluded.last_seq RETURNING id",
            *(*key, seq, event, confirmed, seq, run, token),
        )
        self.ask(
            "INSERT INTO batch_update.attempts (update_id, seq, event, at, sheet, row, shop, token)"
            " VALUES (%s, %s, %s, %s, %s, 2, %s, %s)",
            *(number, seq, event, at_ms, sheet, shop_id, token),
        )


@pytest.fixture
def team(database: str) -> Team:
    return Team(database)


@pytest.fixture(scope="module")
def lasting_team(postgres: PostgresServer) -> Iterator[Team]:
    yield Team(postgres.new_database("lasting"))
    postgres.drop_database("lasting")


Step = tuple[OrderUpdate, str | None, int]
"""An update, its outcome if it had one, and the seconds until then."""


def write(path: Path, shop: str, *runs: Sequence[Step], begin: dt.datetime = BEGIN) -> None:
    """Write a ledger by runs; what has no outcome was cut off with its run."""
    clock = Clock()
    clock.time = begin
    with Ledger(path, clocks=clock) as ledger:
        for number, steps in enumerate(runs):
            with ledger.hold(shop) as book:
                sheet = book.for_file(f"{number}.csv", f"{number:064}")
                for row, (update, word, seconds) in enumerate(steps, start=2):
                    clock.time += dt.timedelta(seconds=seconds)
                    sheet.begin(update, row)
                    if word is not None:
                        sheet.settle(update, row, _ended(word, clock.now()))
                sheet.commit()
                is_whole = all(step[1] for step in steps)
                sheet.end_sheet({Outcome.UPDATED: len(steps)}, 0, "") if is_whole else None
            if not is_whole:
                ledger.execute(
                    "UPDATE runs SET ended_at = 0 WHERE id = (SELECT max(id) FROM runs)", ()
                )


def _ended(word: str, now: dt.datetime) -> SendResult:
    unknown = Moment(machine=now) if word == "unconfirmed" else None
    code = None if word in {"updated", "already updated"} else "x"
    return SendResult(
        outcome=Outcome(word), attempts=1, error_code=code, error_text="no", unknown_since=unknown
    )


def entries_of(path: Path, shop: str, bill_id: int = 1) -> Sequence[Entry]:
    with Ledger(path) as ledger:
        assert ledger.check() == []
        return ledger.look_at(shop).order(bill_id)


def plain(entries: Sequence[Entry]) -> list[Entry]:
    """Give entries with the ranks of their numbers in place of the numbers."""
    seqs = {0}
    for one in entries:
        seqs |= {one.past.seq, one.confirmed_from, one.unknown_seq, one.unknown_from}
        seqs |= {one.confirmed.seq} if one.confirmed else set()
    rank = {seq: place for place, seq in enumerate(sorted(seqs))}
    return [
        dataclasses.replace(
            one,
            past=dataclasses.replace(one.past, seq=rank[one.past.seq]),
            confirmed=one.confirmed
            and dataclasses.replace(one.confirmed, seq=rank[one.confirmed.seq]),
            confirmed_from=rank[one.confirmed_from],
            unknown_seq=rank[one.unknown_seq],
            unknown_from=rank[one.unknown_from],
        )
        for one in entries
    ]


def told(reader: LedgerReader, *orders: int) -> list[object]:
    """Give what people are told of a ledger, but for numbers."""
    with reader:
        runs = [dataclasses.replace(run, id=0) for run in reader.runs()]
        attempts = [
            dataclasses.replace(one, seq=0, run=dataclasses.replace(one.run, id=0))
            for order in orders
            for one in reader.attempts(order)
        ]
        opened = [(one.since, one.tries, one.last.update) for one in reader.open_updates()]
        return [
            *(reader.shops(), runs, attempts, opened, list(reader.totals())),
            list(reader.refusals()),
        ]


def test_a_ledger_of_version_2_is_carried_there_and_back_as_often_as_one_likes(
    team: Team, tmp_path: Path
) -> None:
    old, new = tmp_path / "old.sqlite3", tmp_path / "new.sqlite3"
    write_version_2(old, "shop")
    first = team.take(old)
    assert first == Tally(
        shops=Count(new=1),
        runs=Count(new=2),
        sheets=Count(new=2),
        updates=Count(new=4),
        events=Count(new=7),
    )
    before = team.dump()
    again = team.take(old)
    assert (again.events, again.updates) == (Count(known=7), Count(known=4))
    assert team.dump() == before
    assert team.give(new).events == Count(new=7)
    assert team.give(new).events == Count(known=7)
    assert told(open_reader(new), 1, 2, 3, 4) == told(open_reader(old), 1, 2, 3, 4)
    for order in range(1, 5):
        entries = plain(entries_of(new, "shop", order))
        assert entries == plain(team.order("shop", order)) == plain(entries_of(old, "shop", order))
    assert team.give(old).events == Count(known=7)


STEPS = st.tuples(
    st.sampled_from(UPDATES),
    st.sampled_from(["updated", "already updated", "rejected", "unconfirmed", "not sent", None]),
    st.sampled_from([0, 1, 700]),
)
RUNS = st.lists(st.lists(STEPS, min_size=1, max_size=4), min_size=1, max_size=4)


@settings(max_examples=20)
@given(runs=RUNS, more=RUNS)
def test_any_history_leads_to_the_same_decisions_on_either_side(
    runs: list[list[Step]],
    more: list[list[Step]],
    lasting_team: Team,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    shop, folder = f"shop{next(NUMBERS)}", tmp_path_factory.mktemp("history")
    path, back = folder / "old.sqlite3", folder / "new.sqlite3"
    write(path, shop, *runs)
    lasting_team.take(path)
    # What is noted between two imports is added, and nothing else.
    write(path, shop, *more, begin=BEGIN + dt.timedelta(days=1))
    lasting_team.take(path)
    lasting_team.give(back)
    here, there = entries_of(path, shop), lasting_team.order(shop)
    assert plain(here) == plain(there) == plain(entries_of(back, shop))
    for update in UPDATES:
        row = CheckedRow(row=2, bill_id=1, update=update)
        decisions = [str(decide(row, update, known, Nobody(), OPTIONS)) for known in (here, there)]
        assert decisions[0] == decisions[1]


class Nobody:
    """The neighbours of a row that has none."""

    def earlier(self) -> list[OrderUpdate]:
        return []

    def later(self) -> list[OrderUpdate]:
        return []

    def later_sheets(self) -> list[str]:
        return []

    def first_seen(self) -> int | None:
        return None


class Sheet(Nobody):
    """A sheet that was begun at a number."""

    def __init__(self, number: int | None) -> None:
        self.number = number

    def first_seen(self) -> int | None:
        return self.number


def test_files_of_two_machines_are_merged_by_time(team: Team, tmp_path: Path) -> None:
    one, other, back = (tmp_path / f"{name}.sqlite3" for name in ("one", "other", "back"))
    hour = dt.timedelta(hours=1)
    write(one, "shop", [(PAID, "updated", 0)])
    write(other, "shop", [(CANCEL, "updated", 0)], begin=BEGIN + hour)
    write(one, "shop", [(PAID_LATER, "updated", 0)], begin=BEGIN + 2 * hour)
    team.take(other)
    team.take(one)
    found = {entry.update: entry.past.seq for entry in team.order("shop")}
    assert sorted(found, key=lambda update: found[update]) == [PAID, CANCEL, PAID_LATER]
    assert all(seq < TEAM_FROM for seq in found.values())
    assert team.give(back).events == Count(new=6)
    # A file that counts its own events has no place for those of others between them.
    with pytest.raises(LedgerError, match="new file: --ledger NEW"):
        team.give(one)
    assert len(entries_of(one, "shop")) == 2


def test_of_several_payments_one_counts_and_none_is_forgotten(team: Team, tmp_path: Path) -> None:
    one, other = tmp_path / "one.sqlite3", tmp_path / "other.sqlite3"
    write(one, "shop", [(PAID, "updated", 0), (CANCEL, "updated", 5), (PAID_LATER, "updated", 5)])
    third = msgspec.structs.replace(PAID, date=DAYS[1] + dt.timedelta(days=1))
    write(other, "shop", [(third, "unconfirmed", 0)], begin=BEGIN + dt.timedelta(hours=1))
    team.take(one)
    query = (
        "SELECT date, replaced_by IS NULL FROM batch_update.updates WHERE status = 'paid' "
        "ORDER BY date"
    )
    assert [is_last for _, is_last in team.ask(query)] == [False, True]
    team.take(other)
    assert [is_last for _, is_last in team.ask(query)] == [False, False, True]
    states = "SELECT state FROM batch_update.updates WHERE status = 'paid' ORDER BY date"
    assert team.ask(states) == [("updated",), ("updated",), ("unconfirmed",)]


def test_what_a_team_noted_itself_comes_after_what_is_carried_over(
    team: Team, tmp_path: Path
) -> None:
    path, back = tmp_path / "old.sqlite3", tmp_path / "back.sqlite3"
    write(path, "shop", [(PAID, "updated", 0)])
    team.note("shop", CANCEL, "updated", BEGIN + dt.timedelta(hours=1))
    team.take(path)
    paid, cancel = sorted(team.order("shop"), key=lambda entry: entry.past.seq)
    assert (paid.update, cancel.update) == (PAID, CANCEL)
    team.give(back)
    assert plain(entries_of(back, "shop")) == plain(team.order("shop"))
    # And what the file notes after that comes after it in the team's ledger too.
    write(back, "shop", [(PAID_LATER, "updated", 0)], begin=BEGIN + dt.timedelta(hours=2))
    team.take(back)
    *__, last = sorted(team.order("shop"), key=lambda entry: entry.past.seq)
    assert last.update == PAID_LATER
    team.note("shop", SENT, "updated", BEGIN + dt.timedelta(hours=3))
    *__, last = sorted(team.order("shop"), key=lambda entry: entry.past.seq)
    assert last.update == SENT


@pytest.mark.parametrize(
    ("minutes", "is_safe"), [(-20, True), (-5, False), (5, False), (60, False)]
)
def test_ledgers_that_were_used_side_by_side_are_not_merged_where_they_contradict(
    team: Team, tmp_path: Path, minutes: int, is_safe: bool
) -> None:
    path = tmp_path / "old.sqlite3"
    team.note("shop", CANCEL, "updated", BEGIN)
    write(path, "shop", [(PAID, "updated", 0)], begin=BEGIN + dt.timedelta(minutes=minutes))
    before = team.dump()
    if is_safe:
        team.take(path)
        return
    with pytest.raises(LedgerError, match=r"orders from the same time: 1\. Nobody can"):
        team.take(path)
    assert team.dump() == before


def test_ledgers_used_side_by_side_without_a_contradiction_are_merged_with_a_warning(
    team: Team, tmp_path: Path
) -> None:
    path, told_of = tmp_path / "old.sqlite3", list[int]()
    team.note("shop", SENT, "updated", BEGIN)
    write(path, "shop", [(PAID, "updated", 0)], begin=BEGIN + dt.timedelta(hours=1))
    with open_file(path) as source:
        carry_over(source, TeamTarget(team.address), on_warning=told_of.append)
    assert told_of == [2]
    assert {entry.update for entry in team.order("shop")} == {SENT, PAID}


def test_an_import_that_is_cut_off_leaves_nothing_and_is_done_again(
    team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, back = tmp_path / "old.sqlite3", tmp_path / "back.sqlite3"
    write(path, "shop", [(PAID, "updated", 0), (SENT, None, 0)])
    before = team.dump()

    def stop(*__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(TeamSide, "number_from", stop)
        with pytest.raises(KeyboardInterrupt):
            team.take(path)
    assert team.dump() == before
    team.take(path)
    with monkeypatch.context() as patch:
        patch.setattr(SqliteSide, "number_from", stop)
        with pytest.raises(KeyboardInterrupt):
            team.give(back)
    assert not entries_of(back, "shop")
    assert team.give(back).events == Count(new=3)


def test_nothing_is_carried_over_while_a_run_is_at_work(
    team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, other = tmp_path / "old.sqlite3", tmp_path / "other.sqlite3"
    write(path, "shop", [(PAID, "updated", 0)])
    held = pytest.raises(ShopHeldError, match=f"process {os.getpid()} on")
    with Ledger(path) as ledger, ledger.hold("shop"), held:
        team.take(path)
    team.take(path)
    with TeamLedger(team.address) as shared, shared.hold("shop"):
        with pytest.raises(LedgerInUseError, match="is at work"):
            team.take(path)
        with pytest.raises(LedgerInUseError, match="is at work"):
            team.give(other)
    with Ledger(other) as ledger, ledger.hold("another"), pytest.raises(ShopHeldError):
        team.give(other)
    # Nor may one begin before the end: it would not know what comes in.
    write(path, "shop", [(SENT, "updated", 0)])
    before = team.dump()
    with contextlib.ExitStack() as stack, monkeypatch.context() as patch:

        def begin(*__: object) -> None:
            shared = stack.enter_context(TeamLedger(team.address))
            stack.enter_context(shared.hold("shop"))

        patch.setattr(TeamSide, "number_from", begin)
        with pytest.raises(LedgerInUseError, match="is at work"):
            team.take(path)
    assert team.dump()[3:] == before[3:]
    assert team.give(other).events == Count(new=2)


def test_only_who_sees_all_shops_carries_a_ledger_over(team: Team, tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite3"
    write(path, "shop", [(PAID, "updated", 0)])
    name = f"ivan{next(NUMBERS)}"
    team.ask(f"CREATE ROLE {name} LOGIN IN ROLE batch_update_operator")
    own = read_address(team.url.replace("postgres@", f"{name}@"), "--ledger", {})
    assert own.shown != team.address.shown
    with open_file(path) as source, pytest.raises(LedgerError, match="may not see all shops"):
        carry_over(source, TeamTarget(own))
    with pytest.raises(LedgerError, match="may not see all shops"), open_team(own):
        pass
    with (
        pytest.raises(LedgerError, match="may not see all shops"),
        open_prunable(own, by=NOBODY, reason=""),
    ):
        pass


def test_a_ledger_of_version_1_and_an_empty_one_are_carried_over(
    team: Team, tmp_path: Path
) -> None:
    empty, old, new = (tmp_path / name / "l.sqlite3" for name in ("empty", "old", "new"))
    empty.parent.mkdir()
    empty.touch()
    assert team.take(empty) == Tally()
    assert empty.stat().st_size == 0
    write_version_1(old, "8080")
    before = old.read_bytes()
    assert team.take(old).events.new > 0
    assert team.take(old).events.new == 0
    assert old.read_bytes() == before
    team.give(new)
    shop = f"{LOGIN}@localhost:8080"
    for order in range(1, 7):
        entries = plain(entries_of(new, shop, order))
        assert entries == plain(team.order(shop, order)) == plain(entries_of(old, shop, order))
    assert told(open_reader(new), 1, 2, 3) == told(open_reader(old), 1, 2, 3)


def test_an_import_says_what_it_did(team: Team, tmp_path: Path, run_cli: RunCli) -> None:
    path, back = tmp_path / "old.sqlite3", tmp_path / "back.sqlite3"
    write(path, "shop", [(PAID, "updated", 0)], [(SENT, None, 0)])
    words = ["--ledger", team.url, "--ledger-import", str(path)]
    run = run_cli(*words)
    assert (run.status, run.err) == (0, "")
    assert run.out.splitlines()[1:] == [
        "  shops: 1 new, 0 known already",
        "  runs: 2 new, 0 known already",
        "  sheets: 2 new, 0 known already",
        "  updates: 2 new, 0 known already",
        "  notes of attempts: 3 new, 0 known already",
    ]
    assert "Nothing is new; all was carried over before." in run_cli(*words).out
    assert run_cli(*words, "--quiet").out == ""
    run = run_cli("--ledger", back, "--ledger-import", team.url, "--json")
    assert json.loads(run.out)["notes"] == {"new": 3, "known": 0}
    assert team.url not in run_cli("--ledger", back, "--ledger-import", team.url).err
    itself = run_cli("--ledger", team.url, "--ledger-import", team.url)
    assert (itself.status, "that is the ledger itself" in itself.err) == (2, True)
    with Ledger(path) as ledger, ledger.hold("shop"):
        assert run_cli(*words).status == 4
    (tmp_path / "text.sqlite3").write_text(
        "no ledger at all, but long enough to be one" * 100, encoding="utf-8"
    )
    foreign = run_cli("--ledger", team.url, "--ledger-import", tmp_path / "text.sqlite3")
    assert (foreign.status, foreign.err.count("\n")) == (2, 1)
    late = "late.sqlite3"
    team.note("shop", CANCEL, "updated", BEGIN + dt.timedelta(hours=1))
    write(tmp_path / late, "shop", [(PAID, "updated", 0)], begin=BEGIN + dt.timedelta(hours=2))
    refused = run_cli("--ledger", team.url, "--ledger-import", late)
    assert (refused.status, "Nobody can tell which came last" in refused.err) == (2, True)


@pytest.mark.parametrize("kind", ["file", "team"])
def test_forgetting_is_foretold_and_asked_for(
    kind: str,
    team: Team,
    tmp_path: Path,
    run_cli: RunCli,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "old.sqlite3"
    long_ago = dt.datetime.now(dt.UTC) - dt.timedelta(days=100)
    other = msgspec.structs.replace(SENT, bill_id=2)
    steps: list[Step] = [(PAID, "updated", 0), (SENT, "updated", 0), (other, "unconfirmed", 0)]
    write(path, "shop", steps, begin=long_ago)
    team.take(path)
    words = ["--ledger", str(path) if kind == "file" else team.url]
    words += ["--ledger-prune", "--older-than", "90d"]
    reason = ["--reason", "the yearly clean-up"] if kind == "team" else []

    def known() -> set[OrderUpdate]:
        found = [*entries_of(path, "shop"), *entries_of(path, "shop", 2)]
        if kind == "team":
            found = [*team.order("shop"), *team.order("shop", 2)]
        return {entry.update for entry in found}

    def answer(text: str) -> CliRun:
        monkeypatch.setattr("sys.stdin", io.StringIO(text))
        return run_cli(*words, *reason)

    foretold = run_cli(*words, "--dry-run")
    assert (foretold.status, foretold.err) == (0, "")
    assert "can forget 1 update of 1 order, older than 90 days." in foretold.out
    assert "put such old sheets away" in foretold.out
    assert json.loads(run_cli(*words, "--dry-run", "--json").out)["updates"] == 1
    assert "use --json together with --dry-run" in run_cli(*words, *reason, "--json").err
    nobody = answer("")
    assert (nobody.status, "Nobody answers" in nobody.err) == (2, True)
    assert "Nothing was forgotten." in answer("n\n").out
    assert known() == {PAID, SENT, other}
    assert "1 update was forgotten." in answer("y\n").out
    assert known() == {PAID, other}
    assert "has nothing to forget" in answer("y\n").out
    if kind == "team":
        query = "SELECT kind, reason, updates FROM batch_update.actions"
        assert team.ask(query) == [("prune", "the yearly clean-up", 1)]


DECIDED = [
    OrderUpdate(bill_id=1, status=Status.PAID, date=date, is_date_assumed=is_assumed)
    for date in (*DAYS, DAYS[1] + dt.timedelta(days=5))
    for is_assumed in (False, True)
]


@settings(max_examples=60)
@given(runs=RUNS, seen=st.none() | st.integers(1, 30), is_forced=st.booleans())
def test_what_is_forgotten_changes_no_decision_on_a_payment_or_on_what_is_unconfirmed(
    runs: list[list[Step]],
    seen: int | None,
    is_forced: bool,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.mktemp("history") / "ledger.sqlite3"
    write(path, "shop", *runs)
    entries = entries_of(path, "shop")
    gone = set(forgettable(entries))
    left = [entry for entry in entries if key_of(entry.update) not in gone]
    opened = [entry.update for entry in entries if entry.may_have_happened or entry.is_open]
    assert not any(key_of(update) in gone for update in opened)
    options = dataclasses.replace(OPTIONS, is_forced=is_forced)
    for update in (*DECIDED, *opened):
        row = CheckedRow(row=2, bill_id=1, update=update)
        before, after = (
            str(decide(row, update, known, Sheet(seen), options)) for known in (entries, left)
        )
        assert before == after
    with Ledger(path) as ledger:
        before_ms = to_ms(BEGIN + dt.timedelta(days=1))
        trial = prune(PrunableFile(ledger), before_ms, is_trial=True)
        assert ledger.look_at("shop").order(1) == entries
        assert prune(PrunableFile(ledger), before_ms) == trial
        assert trial.updates == len(gone)
        assert PrunableFile(ledger).shrink()
    assert entries_of(path, "shop") == left


def test_old_orders_are_forgotten_some_at_a_time_and_young_ones_are_kept(
    team: Team, tmp_path: Path
) -> None:
    path = tmp_path / "ledger.sqlite3"
    old = [msgspec.structs.replace(SENT, bill_id=number) for number in range(1, 1001)]
    young = [msgspec.structs.replace(SENT, bill_id=number) for number in range(900, 1100)]
    paid = [msgspec.structs.replace(PAID, bill_id=number) for number in range(1, 11)]
    cancelled = [msgspec.structs.replace(CANCEL, bill_id=number) for number in range(11, 16)]
    write(path, "shop", [(update, "updated", 0) for update in (*old, *paid, *cancelled)])
    later = BEGIN + dt.timedelta(days=200)
    write(path, "shop", [(update, "already updated", 0) for update in young], begin=later)
    team.take(path)
    expected = Forgotten(orders=894, updates=894, attempts=2 * 894, kept=5)
    before_ms = to_ms(BEGIN + dt.timedelta(days=100))
    with open_prunable(team.address, by=StartedBy(operator="anna"), reason="old") as shared:
        assert prune(shared, before_ms, is_trial=True) == expected
        # A run that works on an order keeps it.
        team.ask("INSERT INTO batch_update.claims VALUES (1, 500, 1, 1, 1)")
        assert prune(shared, before_ms).updates == 893
    actions = "SELECT shop, run, kind, operator, reason, updates, older_than, db_user"
    assert team.ask(f"{actions} FROM batch_update.actions") == [
        (1, 0, "prune", "anna", "old", 893, before_ms, "postgres")
    ]
    assert len(team.order("shop", 500)) == len(team.order("shop", 1)) == 1
    with Ledger(path) as ledger:
        size = path.stat().st_size
        assert prune(PrunableFile(ledger), before_ms) == expected
        with pytest.raises(LedgerError, match="attempts are only added"):
            ledger.execute("DELETE FROM attempts", ())
        with ledger.hold("shop"):
            assert not PrunableFile(ledger).shrink()
        assert PrunableFile(ledger).shrink()
    assert path.stat().st_size < size
    assert [len(entries_of(path, "shop", order)) for order in (1, 11, 20, 950)] == [1, 2, 0, 1]
    # What was forgotten here is brought back by a ledger that still knows it.
    assert team.give(tmp_path / "back.sqlite3").events.known == 0
