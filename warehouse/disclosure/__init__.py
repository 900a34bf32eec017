"""Which numbers of a table are withheld, so that nobody learns one that is about a few people.

Primary suppression: numbers of fewer than so many people. Complementary suppression: others with them, so that totals
do not give them back. A total counts as known, whether it is published or not, unless it would be withheld itself.
Arrays in, arrays out: nothing here knows a database, an audience or a program.
"""

from warehouse.disclosure.suppression import rows_to_withhold

__all__ = ["rows_to_withhold"]
