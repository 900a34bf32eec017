"""Reading registry.yml: all of it, or one block where the rest may be wrong. Secrets are filled in here."""

import re
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import yaml
from pydantic import BaseModel, ValidationError

from ibr import secrets
from ibr.config.alerts import Alerts
from ibr.config.operation import Backup, Warehouse
from ibr.config.publishing import Encryption
from ibr.config.registry import Registry
from ibr.errors import ConfigurationProblem
from ibr.yaml_files import place_of, read

Block = TypeVar("Block", bound=BaseModel)


def load(path: Path, *, programs_may_wait: bool = False) -> Registry:
    """Read and check registry.yml. `programs_may_wait`: there may be programs that no source carries yet.

    Raises ConfigurationProblem listing every mistake, separated by " | ".
    """
    content = _content(path)
    if not isinstance(content, dict):
        raise ConfigurationProblem(f"{path} holds no settings; `ibr init` shows what belongs there")
    missing: list[str] = []
    content = _expand(content, path.parent, missing)
    faults = [_not_set(name, path.parent) for name in dict.fromkeys(missing)]
    try:
        registry = Registry.model_validate(content, context={"programs_may_wait": programs_may_wait})
    except ValidationError as error:
        # What a secret that is not set would have filled is no second mistake.
        faults += [_say(fault) for fault in error.errors() if not (missing and "${" in str(fault["input"]))]
    else:
        faults += _unknown_languages(registry, path.parent)
    if faults:
        count = f"{len(faults)} mistake{'s' if len(faults) > 1 else ''} in {path}"
        raise ConfigurationProblem(f"{count}: " + " | ".join(faults))
    return registry


def load_backup(path: Path) -> Backup:
    """What registry.yml says of backups, and nothing else of it: a workspace is saved also where the rest of the file
    is wrong, or a password that it names is not set. Raises ConfigurationProblem."""
    return _load_block(path, "backup", Backup, path.parent) or Backup()


def load_alerts(path: Path) -> Alerts:
    """What registry.yml says of alerts, and nothing else of it: that the rest is wrong is itself worth one. Raises
    ConfigurationProblem."""
    return _load_block(path, "alerts", Alerts, path.parent) or Alerts()


def load_encryption(path: Path, home: Path) -> Encryption | None:
    """What registry.yml says of encryption, and nothing else of it. `home`: the workspace whose key files are meant.

    Raises ConfigurationProblem where the key is not set, or is none.
    """
    return _load_block(path, "encryption", Encryption, home)


def load_warehouse(path: Path, home: Path) -> Warehouse:
    """The bounds of a run alone, the usual ones where none are set. Raises ConfigurationProblem."""
    return _load_block(path, "warehouse", Warehouse, home) or Warehouse()


def _content(path: Path) -> Any:
    try:
        return read(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigurationProblem(
            f"no registry.yml in {path.parent}; `ibr init {path.parent}` writes one to start from"
        ) from None
    except yaml.YAMLError as error:
        raise ConfigurationProblem(
            f"{path} is not readable as YAML{place_of(error)}; mend the indentation or quotes"
        ) from None


def _load_block(path: Path, name: str, model: type[Block], home: Path) -> Block | None:
    """One block of registry.yml alone; None where it is not there. `home`: the workspace whose key files are meant."""
    missing: list[str] = []
    content = _content(path)
    block = content.get(name) if isinstance(content, dict) else None
    if block is None:
        return None
    block = _expand(block, home, missing)
    if missing:
        raise ConfigurationProblem(_not_set(missing[0], home))
    try:
        return model.model_validate(block)
    except ValidationError as error:
        faults = " | ".join(f"{name}.{_say(fault)}" for fault in error.errors(include_input=False))
        raise ConfigurationProblem(f"{path}: {faults}") from None


def _not_set(name: str, home: Path) -> str:
    return f"{name} is named but not set; set it in the environment, or put it into {secrets.key_file(home, name)}"


def _unknown_languages(registry: Registry, home: Path) -> list[str]:
    named = {"language": registry.language} | {
        f"programs.{code}.language": program.language for code, program in registry.programs.items() if program.language
    }
    if set(named.values()) == {"en"} and not (home / "words").is_dir():
        return []
    from exchange.exceptions.words import languages  # heavy, and only needed where something is set

    try:
        known = languages(home)
    except ConfigurationProblem as problem:
        return [str(problem)]
    return [
        f"{place}: {language!r} is no language we have; expected {', '.join(sorted(known))}, or put "
        f"words/{language}.yml beside registry.yml" for place, language in named.items() if language not in known
    ]


def _say(fault: Any) -> str:
    place = ".".join(str(part) for part in fault["loc"] if part != "[key]") or "the file"
    message = fault["msg"].removeprefix("Value error, ")
    return f"{place}: {message[0].lower()}{message[1:]}"


_USER = re.compile(r"\w+://[^:/@?]*:")  # what stands before a password in a URL


def _expand(value: Any, home: Path, missing: list[str]) -> Any:
    """Replace `${NAME}` by the secret of that name, in every text of the file; note the names not set.

    A password in a URL is the secret as it is: signs that mean something in a URL are encoded here.
    """
    if isinstance(value, dict):
        return {key: _expand(inner, home, missing) for key, inner in value.items()}
    if isinstance(value, list):
        return [_expand(inner, home, missing) for inner in value]
    if not isinstance(value, str):
        return value

    def fill(match: re.Match[str]) -> str:
        secret = secrets.find(home, match[1])
        if secret is None:
            missing.append(match[1])
            return match[0]
        return quote(secret, safe="") if _USER.fullmatch(match.string, 0, match.start()) else secret

    return re.sub(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}", fill, value)
