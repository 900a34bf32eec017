"""The engine on asked records: candidates from the index, then the statements of a run on them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from linkage import model as models
from linkage.basis import Basis
from linkage.comparison import Patterns, compared_sql
from linkage.engine import PAIR_THRESHOLDS, thresholds
from linkage.lookup.build import OF_RECORDS, OF_REGISTER, key_file
from linkage.lookup.frequencies import Common, Dictionary
from linkage.lookup.hashes import Hashes
from linkage.lookup.rows import Rows
from linkage.match_keys import MatchKey, key_values_sql, possible_keys
from linkage.register.candidates import beyond_doubt
from linkage.register.columns import is_word
from linkage.register.match import competing_sql, evidence_sql, shift_of, total_sql
from linkage.register.state import RegisterBasis
from linkage.scoring import as_table, scored_sql, weigh
from linkage.specification import Specification
from linkage.sql import literal
from linkage.standardise import standardise_more
from linkage.term_frequency import make_compared

Plan = Sequence[tuple[int, int]]


class Candidates:
    """Rows of one side that share a match key's value with an asked record."""

    def __init__(self, folder: Path, side: str, keys: Sequence[MatchKey], plan: Plan) -> None:
        self._plan = plan
        self._indexes = [Hashes(key_file(folder, side, number)) for number, _ in plan]
        self._values = " union all ".join(
            f"select {place} as place, h, r from ({key_values_sql(keys[number], 'lk_rec')})"
            for place, (number, _) in enumerate(plan)
        )

    def find(self, con: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """For the records in lk_rec: the pairs (l, position) and their keys (one bit a key), each pair once."""
        values = con.execute(self._values).fetchnumpy()
        found: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        for place, ((number, limit), index) in enumerate(zip(self._plan, self._indexes, strict=True)):
            mine = values["place"] == place
            which, position = index.find(values["h"][mine], most=limit)
            found.append((values["r"][mine][which], position, np.full(len(which), 1 << number, dtype=np.int64)))
        left, right, keys = (np.concatenate(part).astype(np.int64) for part in zip(*found, strict=True))
        pairs, where = np.unique((left << 32) | right, return_inverse=True)
        bits = np.zeros(len(pairs), dtype=np.int64)
        np.bitwise_or.at(bits, where, keys)
        return pairs >> 32, pairs & ((1 << 32) - 1), bits


class RegisterMatcher:
    """Finds asked records in the register, as `register.match_register` finds those of a run."""

    def __init__(self, con: Any, folder: Path) -> None:
        self.con = con
        self._basis = basis = RegisterBasis.load(con, f"lookup.{OF_REGISTER}")
        roles = Specification.from_mapping(basis.specification, name="the last run's specification")
        self._data = basis.standardised()
        self._patterns = Patterns.of(basis.fields)
        keys = possible_keys(self._data)
        self._names = [key.name for key in keys]
        self._learned = models.from_mapping(basis.model, basis.fields, keys, roles).learned
        self._first = Candidates(folder, OF_REGISTER, keys, basis.first)
        self._second = Candidates(folder, OF_REGISTER, keys, basis.second)
        self._shift = shift_of(basis.share, basis.registered)
        self._people = Rows(folder / "people.arrow")
        self._nobody: Any = None
        self._dictionary = Dictionary(con, folder, [column for column in basis.once if is_word(column)])
        self._common = Common(con, folder, OF_REGISTER, [column for column in basis.once if not is_word(column)])

    def match(self, plain: Any, sounds: Any) -> Any:
        """Whom of the register each asked record may be, as `match_register` finds it: an Arrow table (record_id, p:
        position in the register, match_key, match_probability, verdict, runner_up_probability)."""
        if not len(plain) and self._nobody is not None:
            return self._nobody
        with self.con.once(len(plain)):
            self.con.register("lk_plain", plain)
            self.con.register("lk_sound", sounds)
            found = self._match()
        self._nobody = found.slice(0, 0)
        return found

    def _match(self) -> Any:
        con, basis = self.con, self._basis
        self._dictionary.look_up()
        self._common.look_up()
        con.execute(make_compared(self._data, "lk_rec", "lk_plain"))
        self._weigh(*self._first.find(con), "lk_weighed")
        con.execute(
            "create or replace temp table lk_open as select r from lk_rec "
            f"except {beyond_doubt('lk_weighed', basis.first_odds)}"
        )
        self._look_further()
        con.execute(f"create or replace temp table lk_evidence as {evidence_sql(basis.prior, 'lk_weighed')}")
        con.execute(f"create or replace temp table lk_total as {total_sql('lk_evidence')}")
        con.execute(
            f"create or replace temp table lk_scored as {competing_sql('lk_evidence', 'lk_total', self._shift)}"
        )
        names, limits = ", ".join(map(literal, self._names)), basis.thresholds
        return con.execute(
            f"select a.record_id, (s.r - {basis.records})::bigint as p, (list_value({names})::varchar[])[s.key + 1] "
            "as match_key, s.probability as match_probability, "
            f"case when s.probability >= {limits['match']} then 'match' else 'review' end as verdict, "
            "coalesce(n.probability, 0)::double as runner_up_probability "
            "from lk_scored s left join lk_scored n on n.l = s.l and n.place = 2 join lk_plain a on a.r = s.l "
            f"where s.place = 1 and s.probability >= {limits['review']}"
        ).to_arrow_table()

    def _look_further(self) -> None:
        """Whoever has not found their person beyond doubt looks by the later keys too."""
        con = self.con
        still = con.execute("select r from lk_open").fetchnumpy()["r"]
        if not len(still):
            return
        left, right, keys = self._second.find(con)
        mine = np.isin(left, still)
        self._weigh(left[mine], right[mine], keys[mine], "lk_more")
        con.execute("insert into lk_weighed from lk_more m anti join lk_weighed w on w.l = m.l and w.r = m.r")

    def _weigh(self, left: np.ndarray, right: np.ndarray, keys: np.ndarray, target: str) -> None:
        con, first = self.con, self._basis.records
        con.register("lk_found", _pairs(left, right + first, keys))
        con.register("lk_others", self._dictionary.as_texts(self._people.at(right), self._data.once))
        levels = compared_sql(self._data, self._patterns, "lk_found", "lk_others")
        con.execute(f"create or replace temp table lk_pairs as {levels}")
        weigh(con, self._patterns, self._learned, "lk_pairs", target)


class RecordMatcher:
    """Finds the programs' records of asked persons, as `engine.deduplicate` judges pairs before it clusters them.

    What household co-members would say is not known of a person who was asked for alone.
    """

    def __init__(self, con: Any, folder: Path) -> None:
        self.con, self._schema = con, f"lookup.{OF_RECORDS}"
        basis = Basis.load(con, self._schema)
        self._roles = Specification.from_mapping(basis.settings["specification"], name="the last run's specification")
        self._data = basis.standardised(basis.records)
        self._patterns = Patterns.of(basis.fields)
        keys = possible_keys(self._data)
        self._model = models.from_mapping(basis.model, basis.fields, keys, self._roles)
        self._candidates = Candidates(folder, OF_RECORDS, keys, basis.plan)
        self._records = Rows(folder / "records.arrow")
        self._common = Common(con, folder, OF_RECORDS, list(basis.once))
        self._limits = thresholds(self._roles, PAIR_THRESHOLDS, self._data.tells_apart)

    def match(self, asked: Any) -> tuple[Any, Any, Any]:
        """The records that may be of each asked person, an Arrow table (record_id, position, odds, match_probability,
        verdict); and the asked as they are compared (lk_plain), with the sounds of their names (lk_sound)."""
        with self.con.once(len(asked)):
            self.con.register("asked", asked)
            return self._match("asked")

    def _match(self, asked: str) -> tuple[Any, Any, Any]:
        con = self.con
        standardise_more(con, self._roles, asked, self._schema)
        self._common.look_up()
        con.execute(make_compared(self._data, "lk_rec", "lk_plain"))
        left, right, keys = self._candidates.find(con)
        con.register("lk_found", _pairs(left, right + OFFSET, keys))
        con.register("lk_brought", self._records.at(right))
        con.execute(
            f"create or replace temp table lk_others as select * replace ((r + {OFFSET})::int as r) from lk_brought"
        )
        levels = compared_sql(self._data, self._patterns, "lk_found", "lk_others")
        con.execute(f"create or replace temp table lk_pairs as {levels}")
        weigh(con, self._patterns, self._model.learned, "lk_pairs", "lk_weighed")
        links = con.execute(
            f"select a.record_id, (s.r - {OFFSET})::bigint as position, s.odds, s.probability as match_probability, "
            f"if(s.probability >= {self._limits['match']}, 'match', 'review') as verdict "
            f"from ({scored_sql(self._model, WITHOUT_CO_MEMBERS)}) s join lk_plain a on a.r = s.l "
            f"where s.probability >= {self._limits['review']}"
        ).to_arrow_table()
        plain = con.execute("from lk_plain").to_arrow_table()
        return links, plain, con.execute("from lk_sound").to_arrow_table()


WITHOUT_CO_MEMBERS = "(select *, null::tinyint as co_members from lk_weighed)"
OFFSET = 1 << 30  # above the number of any asked record


def _pairs(left: np.ndarray, right: np.ndarray, keys: np.ndarray) -> Any:
    return as_table({"l": left.astype(np.int32), "r": right.astype(np.int32), "keys": keys})
