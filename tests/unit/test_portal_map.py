"""A map of a number by county, where few numbers or none may be told."""

import pytest

from exchange.portal.charts import choropleth
from exchange.portal.labels import Names, Speaker
from exchange.portal.maps import tile_grid
from exchange.portal.tables import WITHHELD, Shown
from exchange.portal.words import languages

PLACES = {"A": (1.0, 1.0), "B": (2.0, 2.0)}
SPEAKER = Speaker(languages()["en"], Names({}, {code: code for code in PLACES}, PLACES), "XTS")


@pytest.mark.parametrize(("told", "classes"), [([], []), (["A"], [1])])
def test_counties_whose_numbers_are_withheld_are_in_no_class(told, classes):
    values = {code: Shown("12", "number", 12.0) if code in told else Shown(WITHHELD, "withheld") for code in PLACES}
    drawn = choropleth(tile_grid(PLACES), values, SPEAKER, is_share=False)
    assert [level for level, _ in drawn.legend] == [*classes, 0]
    assert sorted(area.level for area in drawn.areas) == [0] * (2 - len(told)) + classes
