"""What is said of the ledger."""

THE_LEDGER_SHORT = "the ledger"
THE_LEDGER = "the ledger {path}"
OPENED = "opened"
LOCKED = "locked"
USED = "used"
FOREIGN = "{shown} is a file of another program. Name another place: --ledger PATH."
NEWER = "{shown} was written by a newer batch-update. Install that one here too; nothing was sent."
ANOTHER_RUN = "another run"
ANOTHER_RUN_OF = "another run (process {pid} on {host}, since {since} UTC)"
BUSY = (
    "{who} is sending updates to this shop. Wait until it has ended, then start again; what it has "
    "sent is not sent twice."
)
IN_USE = (
    "{shown} is in use by another program that does not let go of it. Wait a minute and start "
    "again; if it stays so, ask the administrator which program holds it (another batch-update, a "
    "backup, an editor). Nothing more is sent."
)
GONE = (
    "{shown} was removed or replaced while it was in use, so the next run would not know what was "
    "sent. Put it back from a backup, or ask the administrator. Nothing more is sent."
)
CONTRADICTS = "lines that contradict others: {count}"
NO_ROOM = (
    "{shown} cannot be {what}: {reason}. Make room or ask for the right to write there, or name "
    "another place: --ledger PATH. Nothing more is sent."
)
FAILED = (
    "{shown} cannot be {what}: {reason}. Name another place: --ledger PATH. Nothing more is sent."
)
DAMAGED = (
    "{shown} is damaged ({what}), so it cannot tell what was sent before. Nothing was sent. Put a "
    "copy from a backup in its place, and delete the files beside it that end in -wal and -shm; or "
    "move all three away and run only rows that no run has sent before."
)
