"""The words: a page per finding in English and Japanese, interface strings, profiles of severities.

Nothing here judges and nothing here prints. Other rooms know names; this one knows what they are called.
"""

from pathlib import Path

CATALOG = Path(__file__).parent
"""Where the files of the catalogue lie: a package installed from a wheel always lies in files."""
