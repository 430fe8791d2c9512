"""tools/bench star: see bench/star/README.md."""

from peers import generated

arguments = generated.arguments


def run(workspace, options):
    return generated.run(workspace, options, "star", "Star schema")
