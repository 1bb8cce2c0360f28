"""The commands of each step: eseutil and cmdlets of Exchange, with the paths that are meant.

Sources: eseutil.cxx (its help), MicrosoftDocs/office-docs-powershell (Mount-Database, New-MoveRequest).
"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.emulate.ese.shell import Places, joined, listed, quoted
from mailproof.model.ese import EseLog
from mailproof.model.paths import bare


def copy(at: Places, renamed: Iterable[str] = ()) -> tuple[str, ...]:
    """Everything of the database, before anything is done to it; robocopy leaves no file behind unsaid.

    `renamed` are logs that no longer have the name of one.
    """
    database = f"robocopy {quoted(at.folder or '.')} {quoted(at.copy_to)} {quoted(bare(at.database))} /R:1 /W:1"
    names = " ".join(map(quoted, (*_of_logs(at), *renamed)))
    logs = f"robocopy {quoted(at.logs or '.')} {quoted(at.copy_to)} {names} /R:1 /W:1"
    return (f"Dismount-Database -Identity {quoted(at.identity)} -Confirm:$false", database, logs)


def header(path: str) -> str:
    return f"eseutil /mh {quoted(path)}"


def verify_logs(at: Places) -> str:
    return f"eseutil /ml {quoted(at.log(at.stem))}"


def move_logs(at: Places) -> tuple[str, ...]:
    """All of the set, with what is reserved, unfinished, and the checkpoint: aside, never deleted."""
    return _moved((at.log(name) for name in _of_logs(at)), at)


def move(files: Iterable[str], at: Places) -> tuple[str, ...]:
    return _moved((at.log(name) for name in files), at)


def move_later(first: str, at: Places) -> tuple[str, ...]:
    """All numbered logs from this name on, and the current one; their names are in the order of their numbers."""
    backup, ending = at.log("backup"), first.rpartition(".")[2]
    wanted = f"$_.Name -ge {quoted(first)} -or $_.Name -eq {quoted(f'{at.stem}.{ending}')}"
    return (
        f"New-Item -ItemType Directory -Force {quoted(backup)}",
        f"Get-ChildItem {quoted(at.log(f'{at.stem}*.{ending}'))} | Where-Object {{ {wanted} }} | "
        f"Move-Item -Destination {quoted(backup)}",
    )


def _moved(paths: Iterable[str], at: Places) -> tuple[str, ...]:
    backup = at.log("backup")
    return (
        f"New-Item -ItemType Directory -Force {quoted(backup)}",
        f"Move-Item {listed(paths)} {quoted(backup)}",
    )


def _of_logs(at: Places) -> tuple[str, ...]:
    """Names with wildcards. A set of Exchange has a checkpoint of its own name, and reserved logs."""
    return f"{at.stem}*.log", f"{at.stem}*.jrs", f"{at.stem}.chk"


def recover(at: Places, *, lossy: bool = False) -> str:
    """Soft recovery; with `lossy`, committed logs may be lacking."""
    logs, database = quoted(at.logs), quoted(at.folder)
    return f"eseutil /r {at.stem} /l {logs} /s {logs} /d {database}" + (" /a" if lossy else "")


def recover_copy(at: Places) -> str:
    place = quoted(at.copy_to)
    return f"eseutil /r {at.stem} /l {place} /s {place} /d {place}"


def patch_copy(log: EseLog, at: Places) -> str:
    """The one way in which eseutil mends a log: a torn write has a second copy behind it."""
    return f"eseutil /ml {quoted(joined(at.copy_to, bare(log.file)))} /x"


def repair(at: Places) -> str:
    return f"eseutil /p {quoted(at.database)}"


def mount(at: Places, switch: str = "") -> str:
    return f"Mount-Database -Identity {quoted(at.identity)}" + (f" -{switch}" if switch else "")


def set_aside(at: Places) -> tuple[str, ...]:
    """A database file in which nothing was written yet."""
    return (f"Rename-Item {quoted(at.database)} {quoted(bare(at.database) + '.old')}",)


def rename_log(log: EseLog, name: str, at: Places) -> str:
    return f"Rename-Item {quoted(at.log(bare(log.file)))} {quoted(name)}"


def where(at: Places) -> str:
    fields = "EdbFilePath,LogFolderPath,LogFilePrefix"
    return f"Get-MailboxDatabase -Identity {quoted(at.identity)} | Format-List {fields}"


def copies(at: Places) -> tuple[str, ...]:
    every = quoted(at.identity + "\\*")
    return f"Get-MailboxDatabaseCopyStatus -Identity {every}", "vssadmin list shadows"


def reseed(at: Places) -> str:
    one = quoted(at.identity + "\\SERVER")
    return f"Update-MailboxDatabaseCopy -Identity {one} -DeleteExistingFiles"


def evacuate(at: Places) -> tuple[str, ...]:
    """Every kind of mailbox that a database can hold, to a new one."""
    old, new = quoted(at.identity), quoted(at.identity + "-new")
    return (
        f"New-MailboxDatabase -Name {new} -Server $env:COMPUTERNAME",
        f"Mount-Database -Identity {new}",
        *(
            f"Get-Mailbox -Database {old} {kind}-ResultSize Unlimited | New-MoveRequest -TargetDatabase {new}"
            for kind in ("", "-PublicFolder ", "-Arbitration ", "-AuditLog ")
        ),
        f"Get-Mailbox -Database {old} -Archive -ResultSize Unlimited | "
        f"New-MoveRequest -ArchiveOnly -ArchiveTargetDatabase {new}",
        "Get-MoveRequest | Get-MoveRequestStatistics",
    )


def remove(at: Places) -> str:
    return f"Remove-MailboxDatabase -Identity {quoted(at.identity)}"


def disk(at: Places) -> tuple[str, ...]:
    drive = at.database[:2] if at.database[1:2] == ":" else "X:"
    return (
        "Get-WinEvent -FilterHashtable @{LogName='System'; ProviderName='disk','Ntfs','storahci'} -MaxEvents 50",
        f"chkdsk {drive}",
    )


def page_check(at: Places) -> str:
    return f"eseutil /k {quoted(at.database)}"


def events() -> str:
    """What the engine and the store wrote when the database did not mount."""
    return (
        "Get-WinEvent -FilterHashtable @{LogName='Application'; ProviderName='ESE','MSExchangeIS','MSExchangeRepl'} "
        "-MaxEvents 100 | Format-List TimeCreated,ProviderName,Id,Message"
    )


def state(database: str) -> tuple[str, ...]:
    """Both outputs of eseutil for a database of this name, wherever its files are."""
    return (
        f"$db = Get-MailboxDatabase -Identity {quoted(database or 'DATABASE')}",
        'eseutil /mh "$($db.EdbFilePath)"',
        'eseutil /ml "$($db.LogFolderPath)\\$($db.LogFilePrefix)"',
    )
