"""The vendor: JustClick's signatures, calls, codes, answers and connection.

Import the modules by name: settings need `signing` alone, and HTTP takes long to load.
"""
