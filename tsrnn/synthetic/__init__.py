"""Series drawn from priors: families of them, what befalls them, and how often, by frequency."""

from tsrnn.synthetic.families import FAMILIES
from tsrnn.synthetic.frequencies import FREQUENCIES
from tsrnn.synthetic.stream import Chunk, SeriesStream

__all__ = ["FAMILIES", "FREQUENCIES", "Chunk", "SeriesStream"]
