"""Arguments, environment, config file and key store to one `Settings`, or what is wrong.

The package loads none of its modules by itself, since --help needs but one of them, `defaults`.
"""
