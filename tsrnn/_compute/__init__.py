"""Number crunching: compiled kernels, where their code is kept, threads, vectors."""
