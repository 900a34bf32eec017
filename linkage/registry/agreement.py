"""Whether the particulars of one person agree with those of records: by the rules of verification, for enquiries.

A question is no record of the registry: it has no ID that joins it to a record, no household and no frequencies to be
weighed by. So it is compared as the register is with a record whose ID it knows (verify.py says with what tolerance),
once for each record that might be the person's.
"""

import duckdb

from linkage.registry.scripts import run_script
from linkage.registry.verify import NAME_SIMILARITY, compare_by_id
from linkage.values import fold, identifier


def same_identifier(one: str, other: str) -> str:
    """SQL: whether two texts are the same identifier, in the form in which linkage compares them; null for no ID."""
    return f"{identifier(one)} = {identifier(other)}"


def is_identifier(con: duckdb.DuckDBPyConnection, text: str) -> bool:
    """Whether linkage takes a text for an identifier, not for a filler."""
    return _of(con, identifier("given"), text.strip()) is not None


def names_in(con: duckdb.DuckDBPyConnection, text: str) -> list[str]:
    """The names in a text as linkage compares them: no case, no accents, no punctuation."""
    return (_of(con, fold("given"), text) or "").split()


def compare_with(con: duckdb.DuckDBPyConnection, asked: str, people: str, work: str) -> None:
    """Write `{work}.agreements`: a row a record of `people`, and what of the person asked for agrees.

    `asked` names a table of one row (full_name, birth_date, sex), `people` one of records (record_id, full_name,
    birth_date, sex), `work` a schema of its own. Columns: record_id; given_agrees, family_agrees, birth_agrees,
    sex_agrees, true also where one side does not say; are_names_compared, is_birth_compared, is_birth_same (to the
    day); name_parts, how many names the record has, and names_alike, how many of them have a like among those asked
    for (verification, which knows the ID, is content with one that stands for given and family name at once; without
    an ID that makes one person of all who are called Anne); mismatched_fields.
    """
    run_script(con, "agreements", work=work, asked=asked, people=people)
    compare_by_id(con, f"{work}.asked", f"{work}.beside", work)
    con.execute(
        f"CREATE OR REPLACE TABLE {work}.agreements AS SELECT ids.* EXCLUDE (register_id, is_somebody_else), "
        "exact.birth_is_compared AS is_birth_compared, "
        "coalesce(asked.birth_date = beside.birth_date, false) AS is_birth_same, "
        "len(exact.record_names) > 0 AND len(exact.register_names) > 0 AS are_names_compared, "
        f"least({_alike('record_names', 'register_names')}, "
        f"{_alike('register_names', 'record_names')}) AS names_alike, "
        "len(list_distinct(exact.register_names)) AS name_parts "
        f"FROM {work}.verify_id AS ids JOIN {work}.verify_by_id AS exact USING (record_id, register_id) "
        f"JOIN {work}.asked AS asked USING (record_id) JOIN {work}.beside AS beside USING (register_id)"
    )


def _alike(names: str, others: str) -> str:
    """SQL: how many different names of a list have a like in the other; an initial is like any name it begins."""
    like = (
        f"if(least(length(name), length(other)) = 1, name[1] = other[1], "
        f"jaro_winkler_similarity(name, other) >= {NAME_SIMILARITY})"
    )
    found = f"len(list_filter(exact.{others}, lambda other: {like})) > 0"
    return f"len(list_filter(list_distinct(exact.{names}), lambda name: {found}))"


def _of(con: duckdb.DuckDBPyConnection, expression: str, text: str) -> str | None:
    """What an expression on `given` makes of a text."""
    row = con.execute(f"SELECT {expression} FROM (SELECT ?::VARCHAR AS given)", [text]).fetchone()
    return row[0] if row else None
