"""The servers of a benchmark, by the command line's options."""

from peers import servers


def lathe(workspace, options):
    """lathed; with --stand-in a second PostgreSQL in its place, to try the harness itself."""
    if options.stand_in:
        return servers.Postgres(name="postgres-stand-in")
    return servers.Lathed(workspace.program("lathed"), arguments=options.lathed_arg)


def postgres(options, directory=None):
    return servers.Postgres(directory)
