"""The directory of this conftest is where `running` is found."""
