"""How common the values are that asked records and their candidates hold, and no others: a few of millions."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from linkage.lookup.hashes import Hashes
from linkage.lookup.rows import Rows
from linkage.register.columns import is_word
from linkage.sql import literal


class _Looked:
    """A table of the rows that an index has for the values in lk_plain."""

    def __init__(self, con: Any, table: str, folder: Path, name: str, values: Sequence[str]) -> None:
        self._con, self._table = con, table
        self._rows = Rows(folder / f"{name}.arrow")
        self._by_value = Hashes(folder / f"{name}_by_value.npy")
        self._asked = f"select distinct hash(unnest([{', '.join(values) or 'null'}])) as h from lk_plain"
        con.register(table, self._rows.at(np.empty(0, dtype=np.int64)))

    def look_up(self) -> None:
        """Fill the table."""
        hashes = self._con.execute(self._asked).fetchnumpy()["h"]
        self._con.register(self._table, self._rows.at(self._by_value.find(hashes)[1]))


class Common(_Looked):
    """lk_frequency_<column> of the values in lk_plain: those of one side that more than one record holds."""

    def __init__(self, con: Any, folder: Path, side: str, columns: Sequence[str]) -> None:
        super().__init__(con, "lk_common", folder, f"{side}_common", [f"{column}::varchar" for column in columns])
        for column in columns:
            con.execute(
                f"create or replace view lk_frequency_{column} as "
                f"select value, share from lk_common where field = {literal(column)}"
            )


class Dictionary(_Looked):
    """lk_word: the register's texts, by their numbers and by themselves, with how common each is in each column."""

    def __init__(self, con: Any, folder: Path, columns: Sequence[str]) -> None:
        super().__init__(con, "lk_word", folder, "words", columns)
        for column in columns:
            con.execute(
                f"create or replace view lk_frequency_{column} as "
                f"select value, word, {column} as share from lk_word where {column} is not null"
            )

    def as_texts(self, people: Any, once: Mapping[str, float]) -> Any:
        """People of the register as they are compared: texts instead of numbers, and how common each value is.

        `once`: of a column that is looked at for that, the share of a value that one record holds.
        """
        numbers = {name: people[name].combine_chunks() for name in people.schema.names if is_word(name)}
        held = [number.drop_null().to_numpy() for number in numbers.values()]
        words = np.unique(np.concatenate([np.empty(0, dtype=np.int64), *held]))
        known = self._rows.at(words - 1)
        for name, number in numbers.items():
            place = pa.array(np.searchsorted(words, number.fill_null(0)), mask=number.is_null().to_numpy(False))
            people = _with(people, name, known["value"].take(place))
            if name in once:
                people = _with(people, f"tf_{name}", known[name].take(place))
        for name, share in once.items():
            people = _with(people, f"tf_{name}", people[f"tf_{name}"].fill_null(share))
        return people


def _with(table: Any, name: str, column: Any) -> Any:
    """The table with this column, in the place of one of its name."""
    place = table.schema.get_field_index(name)
    return table.append_column(name, column) if place < 0 else table.set_column(place, name, column)
