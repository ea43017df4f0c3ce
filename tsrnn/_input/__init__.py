"""What users pass, read: series, rows, sequences, and the units they are computed in."""
