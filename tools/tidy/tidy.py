#!/usr/bin/env python3
"""Checks the rules that the compiler does not: which folder may include which, and which headers stay in the folders that own them.

Usage: tidy.py ROOT. Prints each offence as file:line: text and ends with the count; exit status 1 if there is any.
The table below is the dependency graph of docs/ARCHITECTURE.md; a new edge is a decision, and is made here.
"""
import os
import re
import sys

# Second-level folder -> second-level folders it may include (its own is always allowed).
GROUND = ["runtime/base", "runtime/types", "runtime/schema", "runtime/row", "runtime/func", "runtime/exec"]
EDGES = {
    "runtime/base": [],
    "runtime/types": ["runtime/base"],
    "runtime/row": ["runtime/base", "runtime/types"],
    "runtime/schema": ["runtime/base", "runtime/types", "runtime/row"],
    "runtime/func": ["runtime/base", "runtime/types"],
    "runtime/exec": ["runtime/base", "runtime/types", "runtime/row", "runtime/schema"],
    "runtime/abi": GROUND,
    "runtime/state": GROUND + ["runtime/abi"],
    # Storage knows the ground floor and the storey below it.
    "storage/kv": ["runtime/base"],
    "storage/keyspace": GROUND,
    "storage/page": GROUND + ["storage/kv", "storage/keyspace"],
    "storage/txn": GROUND + ["storage/kv", "storage/keyspace", "storage/page"],
    "storage/catalog": GROUND + ["storage/kv", "storage/keyspace", "storage/txn"],
    "storage/backup": ["runtime/base", "storage/txn"],
    "storage/table": GROUND + ["storage/backup", "storage/kv", "storage/keyspace", "storage/page", "storage/txn", "storage/catalog"],
    # The compiler: nouns never include verbs, a verb only its neighbouring nouns.
    "codegen/expr": GROUND,
    "codegen/logical": GROUND + ["codegen/expr"],
    "codegen/physical": GROUND + ["codegen/expr", "codegen/logical"],
    "codegen/optimize": GROUND + ["codegen/expr", "codegen/logical", "codegen/physical"],
    "codegen/pipeline": GROUND + ["codegen/expr", "codegen/logical", "codegen/physical", "runtime/state"],
    "codegen/ir": GROUND + ["codegen/expr", "runtime/abi", "runtime/state"],
    "codegen/emit": GROUND + ["codegen/expr", "codegen/logical", "codegen/physical", "codegen/pipeline", "codegen/ir",
                              "runtime/abi", "runtime/state"],
    "codegen/jit": GROUND + ["codegen/ir", "codegen/emit", "runtime/abi"],
    "codegen/interpret": GROUND + ["codegen/expr", "codegen/logical", "codegen/physical", "codegen/pipeline",
                                   "runtime/abi", "runtime/state"],
    "codegen/driver": GROUND + ["codegen/expr", "codegen/logical", "codegen/physical", "codegen/pipeline",
                                "codegen/interpret", "codegen/ir", "codegen/emit", "codegen/jit", "runtime/abi",
                                "runtime/state"],
    "dist/raft": ["runtime/base"],
    "dist/admin": GROUND,
    "frontend/ast": ["runtime/base"],
    "frontend/parse": ["runtime/base", "frontend/ast"],
    "frontend/bind": GROUND + ["frontend/ast", "codegen/expr", "codegen/logical"],
    "frontend/syscat": GROUND + ["frontend/ast"],
    "frontend/session": GROUND + ["frontend/ast", "frontend/parse", "frontend/bind", "frontend/syscat",
                                  "codegen/expr", "codegen/logical", "codegen/physical", "codegen/optimize",
                                  "codegen/driver", "storage/table", "storage/txn"],
    "frontend/pgwire": GROUND + ["frontend/session"],
}
# Headers that only these folders may include.
OWNED = [
    (re.compile(r'<llvm/'), ["codegen/ir", "codegen/emit", "codegen/jit", "codegen/driver", "cmake"]),
    (re.compile(r'<rocksdb/'), ["storage/kv"]),
    (re.compile(r'<(grpcpp|grpc|google/protobuf)/|"lathe/v1/'), ["dist/admin", "tools/lathe", "cmake"]),
    (re.compile(r'<asio'), ["frontend/pgwire"]),
]
TOP_FREE = ("tests", "bench", "tools")  # these may include anything below them
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"][^>"]+[>"])')


def folder_of(path):
    parts = path.split("/")
    return "/".join(parts[:2]) if len(parts) > 2 else parts[0]


def check_file(root, path):
    folder = folder_of(path)
    is_test = re.search(r"_(test|fuzz|bench)\.(cc|h)$", path) is not None
    for number, line in enumerate(open(os.path.join(root, path), encoding="utf-8"), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        target = match.group(1)
        for pattern, owners in OWNED:
            if pattern.match(target) and folder not in owners and not path.startswith(("tests/", "bench/")):
                yield f"{path}:{number}: {target} belongs to {', '.join(owners)}"
        if target[0] != '"' or "/" not in target:
            continue
        other = folder_of(target[1:-1])
        top = other.split("/")[0]
        if folder.split("/")[0] in TOP_FREE:
            continue
        if top in TOP_FREE:
            if not is_test:
                yield f"{path}:{number}: nothing includes {top}"
            continue
        if other == folder or top in ("cmake", "lathe", "absl", "asio"):
            continue
        if folder not in EDGES:
            yield f"{path}:{number}: folder {folder} is not in the table"
            continue
        # Tests may use more than what they test: their own top folder and the runtime.
        if other not in EDGES[folder] and not (is_test and top in ("runtime", folder.split("/")[0])):
            yield f"{path}:{number}: {folder} must not include {other}"


def check_folders(root):
    """Each second-level folder that is a library has a README and a front-door header named like it."""
    for folder in EDGES:
        directory = os.path.join(root, folder)
        if not os.path.exists(os.path.join(directory, "CMakeLists.txt")):
            continue
        name = folder.split("/")[1]
        if not os.path.exists(os.path.join(directory, "README.md")):
            yield f"{folder}: no README.md"
        if not os.path.exists(os.path.join(directory, name + ".h")):
            yield f"{folder}: no front-door header {name}.h"


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else "."
    offences = list(check_folders(root))
    for top in ("runtime", "storage", "codegen", "dist", "frontend", "tools"):
        for directory, _, names in os.walk(os.path.join(root, top)):
            for name in sorted(names):
                if name.endswith((".h", ".cc", ".y", ".l")):
                    path = os.path.relpath(os.path.join(directory, name), root)
                    offences.extend(check_file(root, path))
    for offence in offences:
        print(offence)
    print(f"{len(offences)} offences")
    return 1 if offences else 0


if __name__ == "__main__":
    sys.exit(main())
