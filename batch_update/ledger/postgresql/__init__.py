"""The ledger of a team, in a PostgreSQL database.

Nothing here is loaded unless the ledger is named by an address such as `postgresql://HOST/NAME`.
"""
