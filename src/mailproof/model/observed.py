"""What all observations have in common."""

from __future__ import annotations

import msgspec


class Observation(msgspec.Struct, frozen=True, tag=True, tag_field="fact"):
    """Base of all observations; the tag in JSON is the name of the type."""
