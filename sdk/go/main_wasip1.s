// Allows mainMain to have no body: the linker gives it the program's main.
