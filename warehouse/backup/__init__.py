"""Backups of a workspace: taken whole and consistent, kept as parts that are stored once, proved by restoring them.

    DIR/backup-store.json           what this folder is
    DIR/backups/<backup>.json       a manifest a backup: its files, their sums, and the parts that they consist of
    DIR/parts/<2 digits>/<sum>.zst  the parts (Zstandard), each named by the SHA-256 of its content

What belongs to a backup is said in `contents`. A backup exists once its manifest does, which is written last; a crash
before leaves parts that no manifest names, and the next backup trusts only parts that one names.
"""

from warehouse.backup.manifest import Manifest
from warehouse.backup.restoring import restore
from warehouse.backup.store import Store, Unreadable
from warehouse.backup.taking import Taken, take
from warehouse.backup.verifying import Checked, verify

__all__ = ["Checked", "Manifest", "Store", "Taken", "Unreadable", "restore", "take", "verify"]
