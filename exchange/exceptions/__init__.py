"""Exception files: what each program's manager has to look at and decide.

What belongs here: choosing the rows, what a program may see of them, their state from run to run, and the files.
What does not: finding duplicates and judging them, which linkage and the marts have done.
"""

from exchange.exceptions.delivery import Delivery, deliveries
from exchange.exceptions.export import ExceptionFile, export_exceptions

__all__ = ["Delivery", "ExceptionFile", "deliveries", "export_exceptions"]
