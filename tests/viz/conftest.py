import pytest

from tests.viz.stick_figure import NAMES, WEIGHT, shapes, walk
from viz import Shot


@pytest.fixture
def shot() -> Shot:
    """Ten frames of walking, nothing else."""
    position, rotation = walk(10, 30.0)
    return Shot(shapes(), NAMES, 30.0, position, rotation, body_weight=WEIGHT)
