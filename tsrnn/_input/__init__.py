"""Reading of what users pass: series, rows, sequences, and the units they are computed in."""
