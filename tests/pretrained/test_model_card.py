"""What the page about the shipped network says of it is so."""

import subprocess
import sys

from paths import DOCS, PACKAGE

from tsrnn.pretrained.weights import of_bytes, shipped

PAGE = (DOCS / "model_card.md").read_text(encoding="utf-8")
FILE = PACKAGE / "data" / "pretrained_rnn.weights"


def test_the_page_has_the_hash_the_command_and_the_size_of_the_weights():
    network, card = of_bytes(FILE.read_bytes())
    assert f"`{card['sha256']}`" in PAGE
    assert f"`{card['command']}`" in PAGE
    assert f"{network.weights.size:,} weights" in PAGE
    assert f"{card['series']:,} series in {card['steps']:,} steps" in PAGE
    assert f"at each step {network.spec.reading.n_inputs} numbers" in PAGE
    assert f"file of {round(FILE.stat().st_size / 1000)} kB" in PAGE
    assert FILE.stat().st_size < 2_000_000


def test_the_card_is_that_of_the_network_in_use():
    network, card = shipped()
    assert card["n_weights"] == network.weights.size
    assert card["trained on"] == "synthetic series of tsrnn.synthetic alone"


def test_the_weights_are_not_read_before_they_are_needed():
    look = (
        "import tsrnn; from tsrnn.pretrained import weights; "
        "print(weights.shipped.cache_info().currsize)"
    )
    found = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "0"
