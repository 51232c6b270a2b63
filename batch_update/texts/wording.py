"""Words between words."""

AND = " and "
OR = " or "
