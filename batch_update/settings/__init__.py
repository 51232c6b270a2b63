"""Arguments, environment, config file and key store to one `Settings`, or an error.

An option is one entry in `options`. The package loads none of its modules by itself, since --help
needs only those that declare options.
"""
