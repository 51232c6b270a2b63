"""Interfaces between delivery and a vendor: the two calls that a shop's API must offer."""

from __future__ import annotations

from typing import Protocol

from batch_update.model import OrderState, OrderUpdate, ShopAnswer


class OrderReader(Protocol):
    """The part of one shop's API that changes nothing.

    Each worker has its own; it makes one call at a time. A call is made once: trying again, waiting
    and reading back are left to the caller.
    """

    def read_back(self, bill_id: int, /) -> OrderState:
        """Ask for the state of one order; this changes nothing.

        Returns:
            The verified state, also if there is no such order or the shop does not tell.

        Raises:
            SendError: there is no such answer, or it is about the account; the class tells whether
                to try again.
        """


class ShopApi(OrderReader, Protocol):
    """The API of one shop."""

    def apply(self, update: OrderUpdate, /) -> ShopAnswer:
        """Send one update.

        Returns:
            The shop's verified answer, also if it refuses the update.

        Raises:
            SendError: there is no such answer, or it is about the account; the class tells whether
                the shop may have acted, and whether to try again.
        """
