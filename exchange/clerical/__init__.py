"""Clerical samples as files: pairs of records side by side, for clerks to judge, out and back.

What belongs here: what a clerk is shown, the files, and whether a file that came back is the one that went out.
What does not: which pairs are drawn and what the answers say, which is linkage's.
"""

from exchange.clerical.read import read_answers
from exchange.clerical.write import SampleFiles, write_sample

__all__ = ["SampleFiles", "read_answers", "write_sample"]
