"""The command line: `gateway COMMAND`. Each command is one use case; errors become exit codes in one place."""
