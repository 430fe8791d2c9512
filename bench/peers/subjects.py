"""The servers of a benchmark, by the command line's options."""

from peers import servers


def lathe(workspace, options, directory=None):
    """lathed; with --stand-in a second PostgreSQL in its place, to try the harness itself."""
    if options.stand_in:
        return servers.Postgres(directory, name="postgres-stand-in")
    return servers.Lathed(workspace.program("lathed"), directory, arguments=options.lathed_arg)


def postgres(options, directory=None):
    return servers.Postgres(directory)
