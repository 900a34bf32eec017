"""The folder that backups lie in: parts stored once, manifests, and what is removed when a backup is old."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from ibr.durable import on_disk
from ibr.errors import ContractBroken, UsageProblem
from warehouse.backup.manifest import FORMAT, Manifest
from warehouse.lock import lock

# A part of a file, in bytes: four blocks of a DuckDB file, which changes by whole blocks in their places. Smaller parts
# would save more of what changed a little, and be more files to keep: of a 10 GB warehouse these are 10,000.
PART = 1 << 20
_ABOUT = "backup-store.json"
VERIFYING = ".verifying-"  # what a backup is restored into to prove it
_CODEC = pa.Codec("zstd", compression_level=3)


@dataclass(frozen=True)
class Unreadable:
    """A manifest that cannot be used: of which backup, and why."""

    backup: str
    reason: str


class Store:
    """A folder of backups. Whoever has it has all personal data of the workspace: it is mode 700, on a disk as well
    guarded as the workspace's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._backups, self._parts = folder / "backups", folder / "parts"

    @classmethod
    def opened(cls, folder: Path) -> "Store":
        """A store that is there. Raises UsageProblem where there is none."""
        if not (folder / _ABOUT).is_file():
            raise UsageProblem(f"{folder} holds no backups; expected a folder that `ibr backup --to` wrote")
        return cls(folder)

    @classmethod
    def made(cls, folder: Path, home: Path) -> "Store":
        """A store, made where the folder is new or empty. Raises UsageProblem for a folder of other things, or one in
        the workspace that is to be saved."""
        if folder.resolve().is_relative_to(home.resolve()):
            raise UsageProblem(f"{folder} lies in the workspace and is lost with it; expected a folder elsewhere")
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not (folder / _ABOUT).is_file():
            if any(path.name not in (_ABOUT + ".part", "lost+found") for path in folder.iterdir()):
                raise UsageProblem(f"{folder} holds other things; expected an empty folder, or one with backups")
            _write(folder / _ABOUT, json.dumps({"what": "backups of an ibr workspace", "format": FORMAT}) + "\n")
        folder.chmod(0o700)
        store = cls(folder)
        for inner in (store._backups, store._parts):
            inner.mkdir(exist_ok=True, mode=0o700)
        return store

    @contextmanager
    def locked(self, holder: str) -> Iterator[None]:
        """One process at a time writes, removes or reads. Raises WarehouseBusy."""
        with lock(self.folder / "lock", f"the folder of backups {self.folder}", holder):
            for left in self.folder.glob(f"{VERIFYING}*"):  # by a verification that was killed
                shutil.rmtree(left, ignore_errors=True)
            yield

    def names(self) -> list[str]:
        """The names of the backups that are there, usable or not, the oldest first."""
        return sorted(path.stem for path in self._backups.glob("*.json"))

    def manifests(self) -> tuple[list[Manifest], list[Unreadable]]:
        """The backups that are there, the oldest first; and those whose manifest cannot be used."""
        good, bad = [], []
        for path in sorted(self._backups.glob("*.json")):
            try:
                good.append(Manifest.read(path))
            except ValueError as problem:
                bad.append(Unreadable(path.stem, str(problem)))
        return good, bad

    def manifest(self, backup: str) -> Manifest:
        """One backup by its name. Raises UsageProblem, naming those there are, or ContractBroken if it is damaged."""
        good, bad = self.manifests()
        for manifest in good:
            if manifest.backup == backup:
                return manifest
        for one in bad:
            if one.backup == backup:
                raise ContractBroken(f"the manifest of backup {backup} {one.reason}; good are {_named(good)}")
        raise UsageProblem(f"there is no backup {backup} in {self.folder}; there are {_named(good)}")

    def free_name(self, stem: str) -> str:
        """A name for a further backup that sorts behind all of the same second."""
        taken = [path.stem for path in self._backups.glob(f"{stem}*.json")]
        return f"{stem}-{len(taken) + 1:02d}" if taken else stem

    def write_manifest(self, manifest: Manifest) -> None:
        """Bring a backup into being: all its parts are on disk before its manifest is."""
        os.sync()
        _write(self._backups / f"{manifest.backup}.json", manifest.text())

    def has(self, part: str) -> bool:
        """Whether a part is there, whatever it holds."""
        return self._path(part).is_file()

    def put(self, part: str, content: bytes) -> int:
        """Store a part under its sum, over what is there; returns how many bytes it takes."""
        path = self._path(part)
        path.parent.mkdir(exist_ok=True, mode=0o700)
        packed = _CODEC.compress(content, asbytes=True)
        partial = path.with_suffix(".part")
        partial.write_bytes(packed)
        partial.replace(path)
        return len(packed)

    def get(self, part: str, size: int) -> bytes:
        """A part of `size` bytes. Raises ValueError where it is not there or not what its sum says."""
        try:
            content = _CODEC.decompress(self._path(part).read_bytes(), decompressed_size=size, asbytes=True)
        except FileNotFoundError:
            raise ValueError(f"part {part[:12]}... is not there") from None
        except (OSError, pa.ArrowInvalid):
            raise ValueError(f"part {part[:12]}... cannot be read") from None
        if hashlib.sha256(content).hexdigest() != part:
            raise ValueError(f"part {part[:12]}... is damaged")
        return content

    def set_aside(self, part: str) -> None:
        """Take a damaged part out of use, so that the next backup that has its content stores it anew."""
        if self.has(part):
            self._path(part).replace(self._path(part).with_suffix(".damaged"))

    def prune(self, keep: int) -> list[str]:
        """Remove all backups but the last `keep`, and parts that no backup names; returns the backups removed.

        Manifests go first, so that a crash leaves no backup without its parts. Where a manifest cannot be read nobody
        knows which parts it needs, and nothing is removed.
        """
        good, bad = self.manifests()
        if bad:
            return []
        old = good[:-keep]
        for manifest in old:
            (self._backups / f"{manifest.backup}.json").unlink()
        os.sync()
        needed = {part for manifest in good[-keep:] for part in manifest.parts}
        for path in self._parts.glob("*/*"):
            if path.suffix != ".zst" or path.stem not in needed:
                path.unlink()
        return [manifest.backup for manifest in old]

    def _path(self, part: str) -> Path:
        return self._parts / part[:2] / f"{part}.zst"


def _named(manifests: list[Manifest]) -> str:
    return ", ".join(manifest.backup for manifest in manifests) or "none"


def _write(path: Path, text: str) -> None:
    """A file whole and on disk, or not at all."""
    partial = path.with_suffix(path.suffix + ".part")
    with partial.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    on_disk(path.parent)
