"""Joins that DuckDB would do by comparing all with all.

Where a LEFT JOIN asks something of its left side alone, DuckDB 1.5 makes no hash join of it: verifying 43,161 persons
with the last night's answers took 6 s instead of 0.14. Such a condition belongs before the join, or into the key. Nor
where a LEFT JOIN asks for one thing or another (coalesce says most of these), or any join for no equality: IN of two
columns, an OR of two keys.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("dbt_project/models", "dbt_project/macros", "exchange", "expectations", "linkage", "pipelines", "warehouse")
# Of joins without a key how many a file has whose one side is a handful of rows: rules, standards, programs, the
# records of one person.
ONE_SIDE_IS_FEW = {
    "dbt_project/macros/eligibility.sql": 1,
    "dbt_project/models/marts/core/fct_grievances.sql": 1,
    "dbt_project/models/marts/life_cycle/intermediate/int_life_cycle_rules.sql": 1,
    "dbt_project/models/marts/receipt/rpt_program_overlap.sql": 1,
    "exchange/enquiries/sql/report/identifiers.sql": 1,
}
_COLUMN = r"[\w.]*[a-z_][\w.]*"
_KEY = re.compile(
    rf"(?:{_COLUMN}|\)|\}})\s*(?:(?<![<>!])=|\bis\s+not\s+distinct\s+from\b)\s*"
    rf"(?:'\w*'\s*\|\|\s*)?(?:{_COLUMN}|\{{)",
    re.I,
)
FILES = sorted(file for folder in FOLDERS for file in (ROOT / folder).rglob("*.sql"))
_COMMENT = re.compile(r"--[^\n]*|\{#.*?#\}", re.S)
_JOIN = re.compile(r"\b(?:(?:left|right|full|inner|semi|anti)\s+(?:outer\s+)?)?join\b", re.I)
_AND = re.compile(r"\band\b", re.I)
_ENDS = re.compile(r"\b(?:left|right|inner|cross|full|anti|semi|join|where|group|order|qualify|union|having)\b|;", re.I)


def blank_inside(text: str) -> str:
    """The text with spaces for what stands in parentheses or braces, of the same length."""
    depth, shown = 0, []
    for letter in text:
        depth -= letter in ")}"
        if depth < 0:
            break
        shown.append(letter if depth == 0 else " ")
        depth += letter in "({"
    return "".join(shown)


def joins(sql: str) -> Iterator[tuple[bool, str, list[str]]]:
    """Of each join with ON: whether it is a left join, what is joined, and its conditions (as AND parts them)."""
    sql = _COMMENT.sub("", sql)
    for join in _JOIN.finditer(sql):
        rest = sql[join.end():]
        outline = blank_inside(rest)
        first = _ENDS.search(outline)
        begin = re.search(r"\bon\b", outline[: first.start() if first else None], re.I)
        alias = begin and re.search(r"(\w+)\s*\Z", outline[: begin.start()])
        if not begin or not alias:  # USING
            continue
        end = _ENDS.search(outline, begin.end())
        stop = end.start() if end else len(outline)
        cuts = [*(cut.span() for cut in _AND.finditer(outline, begin.end(), stop)), (stop, stop)]
        starts = [begin.end(), *(after for _, after in cuts)]
        conditions = [" ".join(rest[one:other].split()) for one, (other, _) in zip(starts, cuts, strict=False)]
        yield join[0].lower().startswith("left"), alias[1], conditions


def asked_of_the_left(sql: str) -> Iterator[str]:
    """Conditions of left joins that say nothing of what is joined."""
    for is_left, alias, conditions in joins(sql):
        if is_left:
            yield from (text for text in conditions if not re.search(rf"\b{alias}\b|\{{", text))


def either_in_a_left_join(sql: str) -> Iterator[str]:
    """Conditions of left joins with an OR."""
    for is_left, _, conditions in joins(sql):
        if is_left:
            yield from (text for text in conditions if re.search(r"\bor\b", text, re.I))


def without_a_key(sql: str) -> Iterator[str]:
    """Conditions of joins of which none says that two columns are equal, all together."""
    for _, _, conditions in joins(sql):
        if not any(_KEY.search(blank_inside(text)) for text in conditions):
            yield " and ".join(conditions)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select 1 from a left join b on a.x = b.x and a.y = 'z' where a.q = 1", ["a.y = 'z'"]),
        ("from a LEFT JOIN b AS c ON a.x = c.x AND a.y = a.z LEFT JOIN d ON d.x = a.x", ["a.y = a.z"]),
        ("from a left join (select x from e where q and r) as c on c.x = a.x and (a.p or a.q)", ["(a.p or a.q)"]),
        ("with w as (select * from a left join b on a.x = b.x and a.y), v as (select 1)", ["a.y"]),
        ("from a left join b on a.x = b.x and b.y = 'z'", []),
        ("from a left join b on b.x = case when a.y then a.x end -- and a.y", []),
        ("from a left join b using (x) left join c on c.x between a.x and a.y + c.z", []),
        ("from a inner join b on a.x = b.x and a.y", []),
        ("from a left join {{ ref('b') }} as c on c.x = a.x and {{ rule('a') }}", []),
    ],
)
def test_what_is_asked_of_the_left_alone_is_found(sql, expected):
    assert list(asked_of_the_left(sql)) == expected


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_left_join_asks_anything_of_its_left_side_alone(file):
    assert not list(asked_of_the_left(file.read_text(encoding="utf-8")))


def test_what_no_hash_join_is_made_of_is_found():
    sql = "from a left join b on a.x = b.x and (b.y is null or b.y > a.y) inner join c on a.x in (c.x, c.y) and c.z > 1"
    assert list(either_in_a_left_join(sql)) == ["(b.y is null or b.y > a.y)"]
    assert list(without_a_key(sql)) == ["a.x in (c.x, c.y) and c.z > 1"]
    assert list(without_a_key("from a join b on a.x <= b.x and (a.y = b.y or a.z = b.z) join c using (x)")) == [
        "a.x <= b.x and (a.y = b.y or a.z = b.z)"
    ]
    constant = "b.kind = 'x' and a.d in (b.d, b.e)"
    assert list(without_a_key(f"from a join b on {constant} left outer join c on c.n = 1 and c.x >= a.x")) == [
        constant, "c.n = 1 and c.x >= a.x"
    ]  # fmt: skip
    assert list(either_in_a_left_join("from a left outer join b on a.x = b.x and (b.y or a.y)")) == ["(b.y or a.y)"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_join_has_a_key(file):
    sql = file.read_text(encoding="utf-8")
    assert not list(either_in_a_left_join(sql))
    found = list(without_a_key(sql))
    assert len(found) == ONE_SIDE_IS_FEW.get(str(file.relative_to(ROOT)), 0), found
