#!/usr/bin/env python3
"""Checks that no file and no function of some folders is longer than it should be.

Usage: sizes.py ROOT. FOLDERS has the limits: lines of a file, lines of a function from its first line to its closing brace. The code is
formatted, so a function begins in a line of its own that ends in an opening brace, and ends with a brace at the same indentation.
"""
import os
import re
import sys

FOLDERS = {"dist/raft": (600, 70)}
NO_FUNCTION = re.compile(r"^\s*(namespace|struct|class|enum|union|extern|if|for|while|switch|else|do|try|case|default|#|//)\b")


def functions(lines):
    """Yields (first line, name, length) of each function, and of each type's member functions."""
    for at, line in enumerate(lines):
        if not line.rstrip().endswith("{") or "(" not in "".join(lines[max(0, at - 4):at + 1]):
            continue
        first = at
        # The head may take several lines; it begins where the indentation is least.
        while first > 0 and at - first < 6 and re.match(r"^\s{4,}\S", lines[first]) and lines[first - 1].strip():
            first -= 1
        head = lines[first]
        indent = len(head) - len(head.lstrip())
        if indent > 4 or NO_FUNCTION.match(head):
            continue
        for end in range(at + 1, len(lines)):
            if re.match(rf"^ {{{indent}}}\}}", lines[end]):
                yield first + 1, head.strip(), end - first + 1
                break


def main():
    root = sys.argv[1]
    offences = counted = longest = 0
    for folder, (file_max, function_max) in FOLDERS.items():
        for name in sorted(os.listdir(os.path.join(root, folder))):
            if not name.endswith((".cc", ".h")):
                continue
            path = os.path.join(folder, name)
            with open(os.path.join(root, path), encoding="utf-8") as file:
                lines = file.read().split("\n")
            if len(lines) - 1 > file_max:
                print(f"{path}:1: {len(lines) - 1} lines, at most {file_max}")
                offences += 1
            for line, head, length in functions(lines):
                counted += 1
                longest = max(longest, length)
                if length > function_max:
                    print(f"{path}:{line}: {length} lines, at most {function_max}: {head}")
                    offences += 1
    print(f"{counted} functions, the longest of {longest} lines, {offences} offences")
    return 1 if offences or not counted else 0


if __name__ == "__main__":
    sys.exit(main())
