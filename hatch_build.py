"""Compiles what counts the lines of a log, where there is a C compiler with Python's headers; else it is left out.

Without it `mailproof log summary` gives the same answers and takes longer (mailproof.parse.log.tally).
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from sysconfig import get_config_var
from typing import Any

from Cython.Build import cythonize
from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from setuptools import Distribution, Extension
from setuptools.command.build_ext import build_ext
from setuptools.errors import BaseError, CCompilerError

FOLDER = "mailproof/parse/log/tally/compiled"


class CompiledLines(BuildHookInterface[Any]):
    """Of the wheel: modules beside their sources, or in the wheel alone where it is not an editable one."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name != "wheel":
            return
        self._built = tempfile.TemporaryDirectory()
        source, into = Path(self.root) / "src", Path(self._built.name) / "lib"
        try:
            if version == "editable":
                # Those of an earlier build are of other sources, and must not outlive a build that fails.
                for each in (source / FOLDER).glob(f"*{get_config_var('EXT_SUFFIX')}"):
                    each.unlink()
            modules = _compiled(source, into, Path(self._built.name))
            if version == "editable":
                for each in modules:
                    shutil.copy(each, source / each.relative_to(into))
        except (BaseError, CCompilerError, OSError) as error:
            self.app.display_warning(f"log summary is not compiled, and takes longer: {error}")
            return
        build_data["pure_python"], build_data["infer_tag"] = False, True
        if version != "editable":
            build_data["force_include"].update({str(each): str(each.relative_to(into)) for each in modules})

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if self.target_name == "wheel":
            self._built.cleanup()


def _compiled(source: Path, into: Path, room: Path) -> list[Path]:
    """The modules that came of it."""
    options = ["/O2"] if sys.platform == "win32" else ["-O3", "-g0"]
    extensions = cythonize(
        [
            Extension(
                str(path.relative_to(source).with_suffix("")).replace("/", "."),
                [str(path)],
                extra_compile_args=options,
            )
            for path in sorted((source / FOLDER).glob("*.pyx"))
        ],
        include_path=[str(source)],
        build_dir=str(room / "c"),
        quiet=True,
    )
    command = build_ext(Distribution({"name": "mailproof", "ext_modules": extensions}))
    command.build_lib, command.build_temp = str(into), str(room / "o")
    command.ensure_finalized()
    command.run()
    return [Path(each) for each in command.get_outputs()]
