"""Carry a warehouse's shipment sheet into a JustClick shop, one order update per row."""

__version__ = "0.1.0"
