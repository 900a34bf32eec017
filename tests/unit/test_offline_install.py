"""The install script for servers without a network refuses what is not as it was made, and then changes nothing.

The whole is tried by hand (docs/installing-offline.md): the folder holds some hundred wheels.
"""

import hashlib
import platform
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

OFFLINE = Path(__file__).parents[2] / "deploy" / "offline"
HERE = f"{sys.version_info[0]}.{sys.version_info[1]} {platform.machine()}\n"


@pytest.fixture
def folder(tmp_path) -> Path:
    made = tmp_path / "carried"
    made.mkdir()
    shutil.copy(OFFLINE / "install.sh", made)
    (made / "made-for").write_text(HERE)
    (made / "ibr-0.0.0.tar.gz").write_bytes(b"no archive")
    return made


def summed(folder: Path) -> None:
    files = [path for path in folder.iterdir() if path.name != "SHA256SUMS"]
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  ./{path.name}\n" for path in files]
    (folder / "SHA256SUMS").write_text("".join(lines))


def install(folder: Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        [folder / "install.sh", folder.parent / "opt"], env={"PYTHON": sys.executable, "PATH": "/usr/bin:/bin"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_file_that_was_changed_on_its_way_is_refused(folder):
    summed(folder)
    (folder / "ibr-0.0.0.tar.gz").write_bytes(b"changed")
    done = install(folder)
    assert (done.returncode, "copy the folder again" in done.stderr) == (4, True)
    assert not (folder.parent / "opt").exists()


def test_a_folder_for_another_python_is_refused(folder):
    (folder / "made-for").write_text("3.9 riscv64\n")
    summed(folder)
    done = install(folder)
    assert (done.returncode, "made for Python and processor 3.9 riscv64" in done.stderr) == (3, True)


def test_a_release_that_is_there_stays_as_it_is(folder):
    summed(folder)
    (folder.parent / "opt" / "releases" / "ibr-0.0.0").mkdir(parents=True)
    done = install(folder)
    assert (done.returncode, "is there already" in done.stderr) == (2, True)


def test_what_broke_off_leaves_no_release_and_no_link(folder):
    summed(folder)
    assert install(folder).returncode not in (0, 2, 3, 4)
    assert not list((folder.parent / "opt").glob("*/*"))
    assert not (folder.parent / "opt" / "current").exists()


# In the place of uv: an environment with Python and a command, and no packages.
UV = f"""#!/bin/bash
[ "$1" = venv ] || exit 0
mkdir -p "${{@: -1}}/bin"
ln -s {sys.executable} "${{@: -1}}/bin/python"
ln -s /bin/true "${{@: -1}}/bin/ibr"
"""


def carried(folder: Path, release: str) -> None:
    """A folder with a release in which the group may write, as git makes its archives."""
    (folder / "requirements.txt").touch()
    with zipfile.ZipFile(folder / "uv-1-any.whl", "w") as wheel:
        wheel.writestr("uv-1.data/scripts/uv", UV)
    for old in folder.glob("*.tar.gz"):
        old.unlink()
    with tarfile.open(folder / f"{release}.tar.gz", "w:gz") as archive:
        for name, kind, mode in ((release, tarfile.DIRTYPE, 0o775), (f"{release}/a.py", tarfile.REGTYPE, 0o664)):
            member = tarfile.TarInfo(name)
            member.type, member.mode = kind, mode
            archive.addfile(member)
    summed(folder)


def test_a_release_is_written_by_its_owner_alone_and_those_before_are_named(folder):
    carried(folder, "ibr-1")
    assert "There before: none" in install(folder).stdout
    carried(folder, "ibr-2")
    done = install(folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("There before: ibr-1 \n")
    releases = folder.parent / "opt" / "releases"
    assert (folder.parent / "opt" / "current").resolve() == releases / "ibr-2"
    modes = {path.name: path.stat().st_mode & 0o777 for path in (releases / "ibr-2", releases / "ibr-2" / "a.py")}
    assert modes == {"ibr-2": 0o755, "a.py": 0o644}


@pytest.mark.parametrize("script", sorted(OFFLINE.glob("*.sh")), ids=lambda path: path.name)
def test_scripts_are_bash(script):
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0
