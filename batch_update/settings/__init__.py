"""Arguments, environment, config file and key store to one `Settings`, or what is wrong.

An option is one entry in `options`. The package loads none of its modules by itself, since --help
needs but those that declare options.
"""
