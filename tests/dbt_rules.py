"""The rules of dbt-project-evaluator that matter here, over dbt's manifest: the package itself comes from GitHub alone.

Each rule yields the names that break it. An exception stands in dbt_project/evaluator_exceptions.csv, with its reason.
Two of its rules are tests of their own (test_dbt_project.py): every model and column is described, every model has a
key. Left out, because they measure and forbid nothing wrong here: test coverage in percent, too many joins (a mart is
one statement of CTEs), rejoined concepts (a fact and its dimension are read together), public models and versions.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatch
from pathlib import PurePosixPath
from typing import Any

Manifest = dict[str, Any]
_PREFIXES = {"staging": ("stg_",), "intermediate": ("int_",), "marts": ("dim_", "fct_", "rpt_")}
_MOST_READERS = 20  # of one model; a change to it must still be foreseen by somebody
_LONGEST_CHAIN = 3  # of views on views: each reader computes them all again
_LITERAL_TABLE = re.compile(r"(?<!distinct )\b(?:from|join)\s+((?:\"?\w+\"?\.){1,2}\"?\w+\"?)", re.IGNORECASE)
_JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|--[^\n]*", re.DOTALL)


def _models(manifest: Manifest) -> list[dict[str, Any]]:
    return [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]


def _parents(node: dict[str, Any]) -> list[str]:
    return node["depends_on"].get("nodes", [])  # a seed has none


def _folder(node: dict[str, Any]) -> PurePosixPath:
    return PurePosixPath(node["original_file_path"].removeprefix("models/")).parent


def _layer(node: dict[str, Any]) -> str:
    folder = _folder(node)
    return "intermediate" if folder.name == "intermediate" else folder.parts[0]


def _is_foreign(manifest: Manifest, unique_id: str) -> bool:
    """A table of somebody else's system; not what the run itself writes (ops) or linkage hands over."""
    return unique_id.startswith("source.") and not manifest["sources"][unique_id]["config"]["meta"].get("written_here")


def named_by_folder(manifest: Manifest) -> Iterator[str]:
    for model in _models(manifest):
        source = f"stg_{_folder(model).name}__" if _layer(model) == "staging" else ""
        if not model["name"].startswith(_PREFIXES[_layer(model)]) or not model["name"].startswith(source):
            yield model["name"]


def described_in_its_folders_yml(manifest: Manifest) -> Iterator[str]:
    for model in _models(manifest):
        folder = _folder(model)
        name = "_".join(folder.parts[1:] or folder.parts)
        expected = f"models/{folder}/_{name}__models.yml"
        if (model["patch_path"] or "").partition("://")[2] != expected:
            yield model["name"]


def staging_reads_sources_alone(manifest: Manifest) -> Iterator[str]:
    for model in _models(manifest):
        if _layer(model) == "staging" and not all(parent.startswith("source.") for parent in _parents(model)):
            yield model["name"]


def staging_reads_one_source(manifest: Manifest) -> Iterator[str]:
    for model in _models(manifest):
        sources = {parent.split(".")[2] for parent in _parents(model) if _is_foreign(manifest, parent)}
        if _layer(model) == "staging" and len(sources) > 1:
            yield model["name"]


def later_models_read_no_source(manifest: Manifest) -> Iterator[str]:
    for model in _models(manifest):
        if _layer(model) != "staging" and any(_is_foreign(manifest, parent) for parent in _parents(model)):
            yield model["name"]


def a_source_table_has_one_reader(manifest: Manifest) -> Iterator[str]:
    readers = Counter(p for model in _models(manifest) for p in _parents(model) if _is_foreign(manifest, p))
    for source, count in readers.items():
        if count > 1:
            yield source.split(".", 2)[2]


def a_source_table_is_described_used_and_declared_once(manifest: Manifest) -> Iterator[str]:
    used = {parent for node in manifest["nodes"].values() for parent in _parents(node)}
    relations: dict[str, list[str]] = defaultdict(list)
    for unique_id, source in manifest["sources"].items():
        relations[source["relation_name"]].append(unique_id)
        if not (source["description"] and source["source_description"] and unique_id in used):
            yield unique_id.split(".", 2)[2]
    yield from (same[0].split(".", 2)[2] for same in relations.values() if len(same) > 1)


def no_model_without_parents(manifest: Manifest) -> Iterator[str]:
    yield from (model["name"] for model in _models(manifest) if not _parents(model))


def no_later_layer_is_read_earlier(manifest: Manifest) -> Iterator[str]:
    for model in _models(manifest):
        for parent in _parents(model):
            node = manifest["nodes"].get(parent)
            if node and node["resource_type"] == "model" and _rank(node) > _rank(model):
                yield f"{model['name']} reads {node['name']}"


def _rank(node: dict[str, Any]) -> int:
    # A mart's intermediate steps are made with the marts.
    return ["staging", "intermediate", "marts"].index(_folder(node).parts[0])


def no_table_by_its_literal_name(manifest: Manifest) -> Iterator[str]:
    for model in _models(manifest):
        if _LITERAL_TABLE.search(_JINJA.sub(" ", model["raw_code"])):
            yield model["name"]


def no_model_with_too_many_readers(manifest: Manifest) -> Iterator[str]:
    readers = Counter(parent for model in _models(manifest) for parent in _parents(model))
    for model in _models(manifest):
        if readers[model["unique_id"]] > _MOST_READERS:
            yield model["name"]


def no_long_chain_of_views(manifest: Manifest) -> Iterator[str]:
    nodes = manifest["nodes"]

    def length(unique_id: str) -> int:
        node = nodes.get(unique_id)
        if not node or node["resource_type"] != "model" or node["config"]["materialized"] not in ("view", "ephemeral"):
            return 0
        return 1 + max((length(parent) for parent in _parents(node)), default=0)

    yield from (model["name"] for model in _models(manifest) if length(model["unique_id"]) > _LONGEST_CHAIN)


def exposures_depend_on_marts_alone(manifest: Manifest) -> Iterator[str]:
    """On tables that are published, so that nobody outside reads what may change without notice."""
    for exposure in manifest["exposures"].values():
        for parent in _parents(exposure):
            node = manifest["nodes"].get(parent)
            is_rule = bool(node) and node["resource_type"] == "seed"
            is_mart = bool(node) and node["schema"] == "marts"
            if not is_rule and not (is_mart and node["config"]["materialized"] in ("table", "incremental")):
                yield f"{exposure['name']} on {parent.split('.')[-1]}"


RULES: list[Callable[[Manifest], Iterator[str]]] = [
    named_by_folder,
    described_in_its_folders_yml,
    staging_reads_sources_alone,
    staging_reads_one_source,
    later_models_read_no_source,
    a_source_table_has_one_reader,
    a_source_table_is_described_used_and_declared_once,
    no_model_without_parents,
    no_later_layer_is_read_earlier,
    no_table_by_its_literal_name,
    no_model_with_too_many_readers,
    no_long_chain_of_views,
    exposures_depend_on_marts_alone,
]


def broken(manifest: Manifest, exceptions: Iterable[dict[str, str]]) -> list[str]:
    """What breaks a rule without being an exception, and exceptions that nothing needs or nobody explains.

    `exceptions`: rows of rule, name (* stands for anything) and comment.
    """
    found = [(rule.__name__, name) for rule in RULES for name in rule(manifest)]
    excepted: set[tuple[str, str]] = set()
    faults = []
    for row in exceptions:
        covered = {(rule, name) for rule, name in found if rule == row["rule"] and fnmatch(name, row["name"])}
        if not covered or not row["comment"].strip():
            faults.append(f"exception not needed, or without a comment: {row['rule']} {row['name']}")
        excepted |= covered
    return faults + [f"{rule}: {name}" for rule, name in sorted(set(found) - excepted)]
