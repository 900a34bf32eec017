"""Reading files that people made: delimited text, workbooks, Parquet, each as a table of texts.

What is no row of the table (a title, a blank line) is passed over; what looks like one and is none (a totals row, a
broken line, a key that a spreadsheet has damaged) is there with its reason, for quarantine; what makes the file as a
whole unsafe to read is told in words.
"""

from pipelines.replication.adapters.reading.files import ENDINGS, Unreadable, read_file

__all__ = ["ENDINGS", "Unreadable", "read_file"]
