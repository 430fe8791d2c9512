"""tools/bench clickbench: see bench/clickbench/README.md."""

from peers import generated

arguments = generated.arguments


def run(workspace, options):
    return generated.run(workspace, options, "clickbench", "Wide table")
