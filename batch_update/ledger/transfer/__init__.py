"""A ledger carried over into another one, as often as one likes, and its pruning."""
