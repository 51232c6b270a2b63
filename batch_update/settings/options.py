"""Every option, declared once, in the order of --help; quick to load, for --help.

From this come the parser, the config file's tables, the fields of `Settings` and the list of
--show-settings; the tests hold the reference to it.
"""

from __future__ import annotations

from batch_update.i18n import N_
from batch_update.settings import kinds
from batch_update.settings.defaults import default_ledger, default_path
from batch_update.settings.option import Group, Option, Table, Values


class Options(Values):
    """All options; an instance has their values in place of the declarations."""

    __slots__ = ()

    is_dry_run = Option(
        "--dry-run", kinds.ON, N_("read and check; send nothing"), group=Group.RUN, is_typed=True
    )
    checks_orders = Option(
        "--check-orders",
        kinds.ON,
        N_("with --dry-run: ask the shop about every order; change nothing"),
        group=Group.RUN,
        is_typed=True,
    )
    plan = Option(
        "--plan P",
        kinds.Plan(),
        N_("send only if the sheet still says what --dry-run planned"),
        group=Group.RUN,
        is_typed=True,
    )
    asks_to_send = Option(
        "--ask",
        kinds.ON,
        N_("show the plan of all sheets on the terminal, and send it only after a yes"),
        group=Group.RUN,
        table=Table.SENDING,
    )
    is_practice = Option(
        "--sandbox",
        kinds.ON,
        N_("practise: send to a stand-in on this machine"),
        group=Group.RUN,
        is_typed=True,
    )
    output = Option(
        "--output PATH",
        kinds.FilePath(),
        N_("results file, .xlsx or .csv (default: beside FILE)"),
        group=Group.RUN,
        table=Table.FILES,
    )
    failures = Option(
        "--failures PATH",
        kinds.FilePath(),
        N_("also write only the rows that need a person, with the reason"),
        group=Group.RUN,
        table=Table.FILES,
    )
    move_done = Option(
        "--move-done DIR",
        kinds.GivenPath(),
        N_("move a sheet of which nothing is open there, with its results"),
        group=Group.RUN,
        table=Table.FILES,
    )
    ledger_path = Option(
        "--ledger PATH",
        kinds.LedgerPlace(),
        N_("the record of what was sent, or postgresql://… for a team's (default: {default})"),
        group=Group.RUN,
        table=Table.FILES,
        default=default_ledger,
    )
    is_forced = Option(
        "--force",
        kinds.ON,
        N_("send also what the ledger says was updated"),
        group=Group.RUN,
        is_typed=True,
    )
    reason = Option(
        "--reason TEXT",
        kinds.Text(),
        N_("with a team's ledger: why --force, --unlock or --ledger-prune is right, kept in it"),
        group=Group.RUN,
        is_typed=True,
    )
    keeps_going = Option(
        "--keep-going",
        kinds.ON,
        N_("go on though the shop refuses all rows alike"),
        group=Group.RUN,
        table=Table.SENDING,
    )
    wait_s = Option(
        "--wait [T]",
        kinds.Patience(most_hours=24),
        N_("if another run is at work with the shop, wait for its end, or T at most, like 10m"),
        group=Group.RUN,
    )
    retry_for_s = Option(
        "--retry-for T",
        kinds.Span(most_hours=24),
        N_("while the shop or the ledger is away, start again, for so long at most: 2h"),
        group=Group.RUN,
        table=Table.SENDING,
    )
    checks_ledger = Option(
        "--check-ledger",
        kinds.ON,
        N_("look through the whole ledger; send nothing"),
        group=Group.RUN,
        is_typed=True,
    )
    history = Option(
        "--history ORDER",
        kinds.Text(),
        N_("show every attempt for an order; send nothing"),
        group=Group.RUN,
        is_typed=True,
    )
    lists_runs = Option(
        "--runs",
        kinds.ON,
        N_("list the runs of the ledger; send nothing"),
        group=Group.RUN,
        is_typed=True,
    )
    lists_unconfirmed = Option(
        "--unconfirmed",
        kinds.ON,
        N_("list the updates of unknown outcome; send nothing"),
        group=Group.RUN,
        is_typed=True,
    )
    report = Option(
        "--report PATH",
        kinds.FilePath(),
        N_("write a workbook of what was sent, .xlsx; send nothing"),
        group=Group.RUN,
        is_typed=True,
    )
    since = Option(
        "--since DATE",
        kinds.Text(),
        N_("with --report or --runs: the first day"),
        group=Group.RUN,
        is_typed=True,
    )
    until = Option(
        "--until DATE",
        kinds.Text(),
        N_("with --report or --runs: the last day"),
        group=Group.RUN,
        is_typed=True,
    )
    unlocks = Option(
        "--unlock RUN",
        kinds.Number(),
        N_("with a team's ledger: count a run of --runs as lost, so that others go on"),
        group=Group.RUN,
        is_typed=True,
    )
    migrates_ledger = Option(
        "--ledger-migrate",
        kinds.ON,
        N_("make the tables of a team's ledger, or bring them up to date; send nothing"),
        group=Group.RUN,
        is_typed=True,
    )
    imported_ledger = Option(
        "--ledger-import SOURCE",
        kinds.LedgerPlace(),
        N_("carry what another ledger knows over into a team's, or back into a file; send nothing"),
        group=Group.RUN,
        is_typed=True,
    )
    prunes_ledger = Option(
        "--ledger-prune",
        kinds.ON,
        N_("forget old attempts of a team's ledger, but no payment; send nothing"),
        group=Group.RUN,
        is_typed=True,
    )
    older_than_days = Option(
        "--older-than AGE",
        kinds.Age(least_days=90),
        N_("with --ledger-prune: how old, like 400d, 18m or 2y"),
        group=Group.RUN,
        is_typed=True,
    )

    sheet_name = Option(
        "--sheet NAME",
        kinds.Text(),
        N_("the worksheet to read"),
        group=Group.SHEET,
        table=Table.SHEET,
    )
    has_header = Option(
        "--no-header",
        kinds.OFF,
        N_("the first row is data already; name columns by letters"),
        group=Group.SHEET,
        table=Table.SHEET,
    )
    column = Option(
        "--column FIELD=HEADER",
        kinds.Texts(),
        N_(
            "which header, or letter, means bill_id, status, date (or date_sent, date_paid) or "
            "rpo; may be repeated"
        ),
        group=Group.SHEET,
        table=Table.COLUMNS,
    )
    status = Option(
        "--status S",
        kinds.Text(),
        N_("status of rows that name none"),
        group=Group.SHEET,
        table=Table.SHEET,
    )
    status_word = Option(
        "--status-word WORD=STATUS",
        kinds.Texts(),
        N_("what a status word of yours means, or skip; may be repeated"),
        group=Group.SHEET,
        table=Table.STATUSES,
    )
    order_prefix = Option(
        "--order-prefix TEXT",
        kinds.Texts(),
        N_("what stands in front of order numbers, such as ORD-; may be repeated"),
        group=Group.SHEET,
        table=Table.ORDERS,
        key="prefix",
    )
    order_suffix = Option(
        "--order-suffix TEXT",
        kinds.Texts(),
        N_("what stands behind order numbers: --order-suffix=-1; may be repeated"),
        group=Group.SHEET,
        table=Table.ORDERS,
        key="suffix",
    )
    date = Option(
        "--date D",
        kinds.Text(),
        N_("date of rows that name none: 2026-11-20, or today"),
        group=Group.SHEET,
        table=Table.SHEET,
    )
    # The zone of the vendor's own example: 2013-03-03 is 1362254400.
    timezone = Option(
        "--timezone TZ",
        kinds.Zone(),
        N_("zone of dates that name none (default: {default})"),
        group=Group.SHEET,
        table=Table.DATES,
        default="Europe/Moscow",
    )

    is_day_first = Option(
        "--day-first",
        kinds.ON,
        N_("03/04/2026 is the 3rd of April"),
        group=Group.CHECKS,
        table=Table.DATES,
    )
    is_month_first = Option(
        "--month-first",
        kinds.ON,
        N_("03/04/2026 is the 4th of March"),
        group=Group.CHECKS,
        table=Table.DATES,
    )
    date_format = Option(
        "--date-format F",
        kinds.DateFormat(),
        N_("how written dates look, such as %d.%m.%y"),
        group=Group.CHECKS,
        table=Table.DATES,
    )
    checks_tracking = Option(
        "--check-tracking",
        kinds.ON,
        N_("warn of tracking numbers whose check digit is wrong"),
        group=Group.CHECKS,
        table=Table.CHECKS,
    )
    is_strict = Option(
        "--strict",
        kinds.ON,
        N_("refuse rows that deserve a warning"),
        group=Group.CHECKS,
        table=Table.CHECKS,
    )

    username = Option("username", kinds.Text(), table=Table.ACCOUNT, variable="JUSTCLICK_USERNAME")
    secret_key = Option(
        "secret_key", kinds.Secret(), table=Table.ACCOUNT, variable="JUSTCLICK_SECRET_KEY"
    )
    secret_key_file = Option(
        "secret_key_file",
        kinds.FilePath(),
        table=Table.ACCOUNT,
        variable="JUSTCLICK_SECRET_KEY_FILE",
        credential="justclick-secret-key",
    )
    secret_key_command = Option(
        "--secret-key-command COMMAND",
        kinds.Command(),
        N_("a command that prints the secret key"),
        group=Group.SHOP,
        table=Table.ACCOUNT,
        variable="JUSTCLICK_SECRET_KEY_COMMAND",
    )
    base_url = Option(
        "--base-url URL",
        kinds.Text(),
        N_("the shop's address"),
        group=Group.SHOP,
        table=Table.ACCOUNT,
        variable="JUSTCLICK_BASE_URL",
    )
    shop = Option("shop", kinds.Text(), table=Table.ACCOUNT, variable="JUSTCLICK_SHOP")
    workers = Option(
        "--workers N",
        kinds.AtOnce(most=64),
        N_(
            "how many updates may be under way at once; auto finds out what the shop takes well "
            "(default: {default})"
        ),
        group=Group.SHOP,
        table=Table.SENDING,
        default="auto",
    )
    rate = Option(
        "--rate N",
        kinds.Rate(least=0.01, most=10_000.0),
        N_("requests per second at most, over all workers"),
        group=Group.SHOP,
        table=Table.SENDING,
    )
    retries = Option(
        "--retries N",
        kinds.Whole(least=0, most=20),
        N_("how often a failed call is repeated at most (default: {default})"),
        group=Group.SHOP,
        table=Table.SENDING,
        default="4",
    )
    timeout_s = Option(
        "--timeout S",
        kinds.Seconds(most=600.0),
        N_("seconds that a call may take (default: {default})"),
        group=Group.SHOP,
        table=Table.SENDING,
        default="30",
    )
    settle_s = Option(
        "--settle T",
        kinds.Duration(most_hours=24),
        N_("how long an unanswered request may still take effect (default: {default})"),
        group=Group.SHOP,
        table=Table.SENDING,
        default="10m",
    )
    asks_first = Option(
        "--no-read-back",
        kinds.OFF,
        N_("do not ask the shop whether an order is paid before paying"),
        group=Group.SHOP,
        table=Table.SENDING,
    )

    operator = Option(
        "operator",
        kinds.Name(),
        table=Table.SENDING,
    )

    notify = Option(
        "--notify URL",
        kinds.Channels(),
        N_("also say where people look how the run ended: an address of apprise; may be repeated"),
        group=Group.RUN,
        table=Table.NOTIFY,
        key="url",
    )
    notify_file = Option(
        "notify_file",
        kinds.FilePath(),
        table=Table.NOTIFY,
        key="url_file",
        credential="batch-update-notify",
    )
    notify_when = Option(
        "--notify-when WHEN",
        kinds.Occasion(),
        N_("problems, always, or new: only what was not told before (default: {default})"),
        group=Group.RUN,
        table=Table.NOTIFY,
        key="when",
        default=kinds.WITH_PROBLEMS,
    )

    configures = Option(
        "--configure",
        kinds.ON,
        N_("ask for login and key, try them, keep them"),
        group=Group.SETTINGS,
        is_typed=True,
    )
    config = Option(
        "--config PATH",
        kinds.FilePath(),
        N_("config file (default: {default})"),
        group=Group.SETTINGS,
        default=default_path,
    )
    profile = Option(
        "--profile NAME",
        kinds.Text(),
        N_("a shop of several in the config file"),
        group=Group.SETTINGS,
    )
    shows_settings = Option(
        "--show-settings",
        kinds.ON,
        N_("show what every option is, and who says so"),
        group=Group.SETTINGS,
        is_typed=True,
    )
    template = Option(
        "--template PATH",
        kinds.FilePath(),
        N_("write a blank sheet to fill in, .xlsx; send nothing"),
        group=Group.SETTINGS,
        is_typed=True,
    )

    language = Option(
        "--lang CODE",
        kinds.Language(),
        N_("language of all messages, such as ru (default: the system's)"),
        group=Group.SCREEN,
        table=Table.SCREEN,
        key="language",
    )
    is_quiet = Option(
        "--quiet",
        kinds.ON,
        N_("say only what needs a person"),
        group=Group.SCREEN,
        table=Table.SCREEN,
    )
    is_verbose = Option(
        "--verbose",
        kinds.ON,
        N_("say why a call was repeated"),
        group=Group.SCREEN,
        table=Table.SCREEN,
    )
    is_json = Option(
        "--json",
        kinds.ON,
        N_("describe the run in JSON in place of words"),
        group=Group.SCREEN,
        table=Table.SCREEN,
    )
    is_json_lines = Option(
        "--json-lines",
        kinds.ON,
        N_("tell each event of a run as a line of JSON in place of words"),
        group=Group.SCREEN,
        table=Table.SCREEN,
    )
    metrics = Option(
        "--metrics PATH",
        kinds.FiguresPath(),
        N_("also write figures of the run for node_exporter"),
        group=Group.SCREEN,
        table=Table.FILES,
    )
    log_file = Option(
        "--log-file PATH",
        kinds.FilePath(),
        N_("also write down there what happens, call by call"),
        group=Group.SCREEN,
        table=Table.FILES,
    )
    wants_progress = Option(
        "--no-progress",
        kinds.OFF,
        N_("draw no progress bar"),
        group=Group.SCREEN,
        table=Table.SCREEN,
    )


OPTIONS: tuple[Option[object], ...] = tuple(
    value for value in vars(Options).values() if isinstance(value, Option)
)

ALTERNATIVES: tuple[tuple[Option[object], ...], ...] = (
    (Options.secret_key, Options.secret_key_file, Options.secret_key_command),
    (Options.notify, Options.notify_file),
)
"""Options of which only one counts: the first is what the others lead to."""
