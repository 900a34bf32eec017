"""What of a table of numbers is withheld, so that nobody learns one that is about a few people.

Primary suppression: numbers of fewer than so many people. Complementary suppression: others with them, so that totals
do not give them back. Of a table whose totals are cells of it, single cells are withheld (`cells_to_withhold`). Where
they are not, whole rows are (`rows_to_withhold`): a total counts as known, whether it is published or not, unless it
would be withheld itself. Arrays in, arrays out: nothing here knows a database, an audience or a program.
"""

from warehouse.disclosure.cells import cells_to_withhold, withheld_sums
from warehouse.disclosure.suppression import Suppression, rows_to_withhold, suppress
from warehouse.disclosure.together import Version
from warehouse.disclosure.versions import Retold, retell

__all__ = [
    "Retold", "Suppression", "Version", "cells_to_withhold", "retell", "rows_to_withhold", "suppress", "withheld_sums",
]
