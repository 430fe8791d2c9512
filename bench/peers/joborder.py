"""tools/bench joborder: see bench/joborder/README.md."""

from peers import generated

arguments = generated.arguments


def run(workspace, options):
    return generated.run(workspace, options, "joborder", "Join ordering")
