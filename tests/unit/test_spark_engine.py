"""engine: spark where something of it is missing: told before anything is copied, in one line."""

import importlib.util
import shutil

import pytest

from ibr.errors import ConfigurationProblem
from linkage.spark.session import require


@pytest.mark.parametrize(
    ("has_spark", "has_java", "said"),
    [(False, True, "the extra spark, which is not"), (True, False, "needs Java 17 or later"), (True, True, None)],
)
def test_what_is_missing_is_named_with_what_adds_it(monkeypatch, has_spark, has_java, said):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object() if has_spark else None)
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/java" if has_java else None)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    if said is None:
        require()
        return
    with pytest.raises(ConfigurationProblem, match=said) as problem:
        require()
    assert "\n" not in str(problem.value)
