"""SQL holds no value that was put between quotes by hand: values are bound, or quoted by `literal`, names by `quoted`.

What stands bare in a statement are pieces of SQL that other functions made by the same rule. Not looked at: the sample
country, which fills made-up databases, and dbt's models, whose variables are our own and known when they are compiled.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("ibr", "pipelines", "linkage", "expectations", "warehouse", "exchange", "simulation")
_SQL = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|ATTACH|COPY|FROM|WHERE|COMMENT|CALL|SET)\b")
_CONSTANT = re.compile(r"(\w+\.)*_?[A-Z][A-Z0-9_]*")  # a name, or the member of an enumeration
_IN_QUOTES = re.compile(r"['\"]\{\{-?\s*([\w.]+)")
# Words of our own that templates put between quotes, and nothing that anybody sent.
OURS = {"kind", "prefix", "run_id", "reporting_date", "stratum.zone", "stratum.name", "beyond", "digit"}


def quoted_by_hand(source: str) -> Iterator[tuple[int, str]]:
    """Line and expression of every value that an SQL string of Python code has between its own quotes."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            texts = [part.value if isinstance(part, ast.Constant) else "" for part in node.values]
            if not _SQL.search(" ".join(texts)):
                continue
            for before, part, after in zip(["", *texts], node.values, [*texts[1:], ""], strict=False):
                inside = before[-1:] in ("'", '"') and before[-1:] == after[:1]
                if isinstance(part, ast.FormattedValue) and inside and not _CONSTANT.fullmatch(ast.unparse(part.value)):
                    yield node.lineno, ast.unparse(part.value)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod | ast.Add):
            if any(isinstance(side, ast.Constant) and _ends_in_quote(side.value) for side in (node.left, node.right)):
                yield node.lineno, ast.unparse(node)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
            text = node.func.value
            if isinstance(text, ast.Constant) and _SQL.search(str(text.value)) and re.search(r"['\"]\{", text.value):
                yield node.lineno, ast.unparse(node)


def _ends_in_quote(text: object) -> bool:
    """`"WHERE name = '" + name`, and `"WHERE name = '%s'" % name`."""
    return isinstance(text, str) and bool(_SQL.search(text)) and bool(re.search(r"'$|'%s'", text))


@pytest.mark.parametrize(
    "wrong",
    [
        "f\"SELECT * FROM t WHERE name = '{name}'\"",
        "f'SELECT * FROM \"{table}\"'",
        "\"SELECT * FROM t WHERE name = '\" + name + \"'\"",
        "\"SELECT * FROM t WHERE name = '%s'\" % name",
        "\"SELECT * FROM t WHERE name = '{}'\".format(name)",
    ],
)
def test_the_search_finds_what_it_is_for(wrong):
    assert list(quoted_by_hand(f"con.execute({wrong})"))


@pytest.mark.parametrize(
    "right",
    ["f'SELECT * FROM {quoted(table)} WHERE name = ?'", "f'COMMENT ON TABLE t IS {literal(text)}'",
     "f\"UPDATE t SET status = '{Status.COULD_NOT_CHECK}'\"", "f\"no {name!r}: it's 'so'\""],
)  # fmt: skip
def test_the_search_lets_pass_what_is_right(right):
    assert not list(quoted_by_hand(f"con.execute({right})"))


def test_no_value_is_put_between_quotes_by_hand():
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    assert len(files) > 200
    found = [f"{path.relative_to(ROOT)}:{line}: {what}" for path in files for line, what in
             quoted_by_hand(path.read_text(encoding="utf-8"))]  # fmt: skip
    assert not found


def test_templates_put_only_words_of_our_own_between_quotes():
    files = [p for package in PACKAGES for ending in ("*.sql", "*.sql.j2") for p in (ROOT / package).rglob(ending)]
    names = {name for path in files for name in _IN_QUOTES.findall(path.read_text(encoding="utf-8"))}
    assert names == OURS
