"""The shop that ships as the example, and hostile text."""

from pathlib import Path

import pytest
from hypothesis import settings

from shop.shopfile import Shop, load_shop

# A busy machine is no failure; that hostile text is quick has tests of its own.
settings.register_profile("bayline", deadline=None)
settings.load_profile("bayline")

EXAMPLE = Path(__file__).parents[2] / "shop" / "example.yaml"


@pytest.fixture(scope="session")
def example_path() -> Path:
    """The file that ships."""
    return EXAMPLE


@pytest.fixture(scope="session")
def shop() -> Shop:
    """Bayline Auto Care."""
    return load_shop(EXAMPLE)
