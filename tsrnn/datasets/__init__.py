"""Series that the package ships or makes, those of the M competitions, film reviews."""

from tsrnn.datasets.competitions import fetch_m3, fetch_m4
from tsrnn.datasets.imdb import fetch_imdb
from tsrnn.datasets.small import load_co2, make_noisy_line
from tsrnn.datasets.synthetic import make_series

__all__ = ["fetch_imdb", "fetch_m3", "fetch_m4", "load_co2", "make_noisy_line", "make_series"]
