"""The directory of this conftest is where `labrun` is found."""
