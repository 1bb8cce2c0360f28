"""pyOpenSSL, without what it imports and a connection does not need.

It asks for `cryptography.x509` to name its types, which is most of the time that its import takes. The module stands
there from the first, and is loaded when somebody asks it for something.
"""

from __future__ import annotations

import sys
from importlib.util import LazyLoader, find_spec, module_from_spec

_X509 = "cryptography.x509"


def _later(name: str) -> None:
    """As `importlib.util.LazyLoader` has it, also for `from cryptography import x509`."""
    spec = find_spec(name)
    if name in sys.modules or spec is None or spec.loader is None:
        return
    spec.loader = loader = LazyLoader(spec.loader)
    module = module_from_spec(spec)
    sys.modules[name] = module
    loader.exec_module(module)
    package, _, attribute = name.rpartition(".")
    setattr(sys.modules[package], attribute, module)


_later(_X509)

from OpenSSL import SSL, crypto  # noqa: E402

__all__ = ["SSL", "crypto"]
