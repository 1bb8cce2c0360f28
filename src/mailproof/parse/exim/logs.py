"""Where Exim writes its logs (specification, chapter 52)."""

from __future__ import annotations

from collections.abc import Sequence

from mailproof.parse.exim.text import split_list

# Debian's, where nothing is set.
_USUAL = "/var/log/exim4/%slog"


def log_paths(setting: str | None) -> Sequence[str]:
    """Of `log_file_path`, None where it is not set: each that is a path, with its `%s`."""
    return [each for each in (split_list(setting) if setting is not None else [_USUAL]) if each.startswith("/")]


def log_files(path: str) -> Sequence[str]:
    """The main log and the panic log of a path; none where their names change with the day, as by `%D`."""
    if "%" in path.replace("%s", ""):
        return ()
    return tuple(dict.fromkeys(path.replace("%s", each) for each in ("main", "panic")))
