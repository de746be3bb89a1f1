"""Fails if a dependency that users compile declares a newer Rust than the workspace does."""

import json
import subprocess
import sys


def version(text):
    return tuple(int(part) for part in (text + ".0.0").split(".")[:3])


metadata = json.loads(
    subprocess.check_output(["cargo", "metadata", "--format-version", "1", "--all-features"])
)
packages = {package["id"]: package for package in metadata["packages"]}
nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
published = [p for p in packages.values() if p["name"].startswith("tenants-") and p["publish"] is None]
msrv = published[0]["rust_version"]

seen, todo = set(), [package["id"] for package in published]
while todo:
    current = todo.pop()
    if current not in seen:
        seen.add(current)
        todo += [
            dep["pkg"]
            for dep in nodes[current]["deps"]
            if any(kind["kind"] in (None, "build") for kind in dep["dep_kinds"])
        ]

newer = [
    f"{p['name']} {p['version']} needs {p['rust_version']}"
    for p in (packages[i] for i in seen)
    if p["rust_version"] and version(p["rust_version"]) > version(msrv)
]
print(f"{len(seen)} packages, declared minimum {msrv}")
if newer:
    sys.exit("\n".join(newer))
