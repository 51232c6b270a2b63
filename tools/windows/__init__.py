"""The program on Windows: its suite under wine, from a Linux machine."""
