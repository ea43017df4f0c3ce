"""The engine under the recurrent networks: sequences in lanes, vectors, loops over time."""
