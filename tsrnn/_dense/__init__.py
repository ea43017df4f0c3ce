"""The engine under the dense networks: windows in rows, layers as products of matrices."""
