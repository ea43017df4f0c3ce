"""How numbers are crunched: compiled kernels, where their code is kept, threads, vectors."""
