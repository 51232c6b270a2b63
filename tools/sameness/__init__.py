"""Compare what the program does with what it did at another revision, on random sheets."""
