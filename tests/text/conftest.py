"""A classifier of texts, fitted once for each file of tests."""

import pytest
from text_data import LABELS, TEXTS, quick


@pytest.fixture(scope="module")
def fitted():
    return quick().fit(TEXTS, LABELS)


@pytest.fixture(scope="module")
def ids(fitted):
    return fitted.encode(TEXTS)
