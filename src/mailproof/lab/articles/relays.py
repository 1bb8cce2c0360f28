"""The catching relays, which the articles' servers hand their mail on to, the embedded ones and the real ones."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from mailproof.lab.articles import town
from mailproof.lab.embedded.server import EmbeddedLab
from mailproof.lab.embedded.settings import LabSettings
from mailproof.model.endpoint import Scheme
from mailproof.net.interface import Driver
from mailproof.script.authority import Authority


class Relays:
    """They take everything and send nothing on; what each caught is a Maildir below the directory."""

    def __init__(self, net: Driver, directory: str, host: str, base: int | None, now: datetime) -> None:
        authority = Authority("Relays")
        self._sinks = {
            name: EmbeddedLab(net, _settings(name, directory, host, base), authority, now) for name in town.SINKS
        }

    def start(self) -> None:
        """Raises OSError for a port that is taken."""
        try:
            for sink in self._sinks.values():
                sink.start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        for sink in self._sinks.values():
            sink.stop()

    @property
    def places(self) -> Mapping[str, tuple[str, int]]:
        """Host and port of each, once started."""
        return {name: sink.endpoints[Scheme.SMTP] for name, sink in self._sinks.items()}

    @property
    def maildirs(self) -> Mapping[str, str]:
        return {
            name: str(Path(sink.settings.maildir or "") / sink.settings.catcher) for name, sink in self._sinks.items()
        }


def _settings(name: str, directory: str, host: str, base: int | None) -> LabSettings:
    domain = f"{name}.{town.DOMAIN}"
    return LabSettings(
        accounts=(),
        catch_all=True,
        domain=domain,
        hostname=domain,
        maildir=directory,
        host=host,
        ports={} if base is None else {Scheme.SMTP: base + town.PORTS[name]},
        schemes=(Scheme.SMTP,),
    )
