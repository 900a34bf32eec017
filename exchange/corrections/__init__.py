"""Corrections: what a person says is wrong in a record, sent to the program that owns it, until its record changes.

What belongs here: the requests, their states, and their sheet in the program's exception file. What does not: changing
anything. The registry copies; a record is put right in the system it comes from.
"""

from exchange.corrections.requests import Request, Wanted, close, request, requests
from exchange.corrections.sheet import CORRECTIONS, stage

__all__ = ["CORRECTIONS", "Request", "Wanted", "close", "request", "requests", "stage"]
