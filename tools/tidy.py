#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""House rules as a test: arrows between folders, sizes, and bans that name their replacement.

Exit code 0 when the tree keeps them, 1 with one line FILE:LINE: what, and what to do instead.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# folder -> folders whose headers it may include (itself always).
ARROWS = {
    "base": set(),
    "wire": {"base"},
    "vrrp": {"base", "wire"},
    "track": {"base", "wire"},
    "config": {"base", "wire", "vrrp", "track"},
    "evidence": {"base", "wire"},
    "investigate": {"base", "wire", "evidence"},
    "report": {"base", "wire", "evidence", "investigate"},
    "hops": {"base", "wire"},
    "doctor": {"base", "wire", "hops"},
    "os": {"base", "wire", "hops", "doctor"},
    "bpf": {"base", "wire", "evidence", "os"},
    "daemon": {"base", "wire", "vrrp", "track", "config", "os", "bpf", "doctor", "evidence",
               "investigate", "report"},
    "lab": {"base", "wire", "os", "daemon", "config", "evidence"},
    "cmd": None,  # joins everything
}
CORE = {"base", "wire", "vrrp", "track", "evidence", "investigate", "report", "hops", "doctor"}

# (pattern, folders or None for all, what to use instead)
BANS = [
    (r"\bthrow\b", None, "return Result<T> with fail()"),
    (r"\busing namespace std(?!::chrono_literals)\b", None, "name what you use"),
    (r"\b(?:strcpy|strcat|sprintf|gets)\s*\(", None, "std::string or fmt::format"),
    (r"\bsystem\s*\(", None, "os/process.h: fork and exec without a shell"),
    (r"\brand\s*\(\)", None, "a seeded generator that the caller passes in"),
    (r"\bassert\s*\(", None, "CHECK from base/check.h: on in release, too"),
    (r"std::(?:chrono::\w+_clock|this_thread)", CORE, "an Instant passed in by the caller"),
    (r"#include <(?:sys/|net/|netinet/|linux/|unistd)", CORE - {"evidence"},
     "os/: the core makes no system calls"),
    (r"spdlog/", CORE | {"os", "bpf", "config"}, "return the fact; the program logs, once"),
    (r"\bclass \w*(?:Utils|Helper|Manager|Impl)\b", None, "a name that says what it is"),
    (r"std::expected", None, "tl::expected by base/result.h (clang-14 tools cannot see it)"),
]
HEAVY = re.compile(r"#include <(?:nlohmann/|fmt/|spdlog/|CLI/|sqlite3|curl/)")
LIMITS = {"header": 200, "source": 400, "test": 600, "main": 150}
# Sources that may exceed 400 lines, never 600, each with its reason.
LONG = {}


def limit_of(path):
    if path.name == "main.cc":
        return LIMITS["main"]
    if path.name.endswith("_test.cc") or path.parts[0] == "tests":
        return LIMITS["test"]
    if path.suffix == ".h":
        return LIMITS["header"]
    return LONG.get(str(path), LIMITS["source"])


def strip_comments(line):
    return re.sub(r"//.*", "", re.sub(r'"(?:[^"\\]|\\.)*"', '""', line))


def check_includes(path, number, line, folder, report):
    found = re.match(r'\s*#include "([a-z]+)/', line)
    if found and folder:
        target, allowed = found.group(1), ARROWS.get(folder)
        if target in ARROWS and allowed is not None and target != folder and target not in allowed:
            report(path, number, f"{folder} may not include {target}: move the code or the arrow "
                                 "(CMakeLists.txt, docs/ARCHITECTURE.md)")
    if path.suffix == ".h" and HEAVY.search(line):
        report(path, number, "heavy header in a header: include it in the .cc only")


def check_functions(path, lines, report):
    """Function bodies of at most 70 lines: from a line ending in '{' in column 0 context to '}'."""
    start = None
    for number, line in enumerate(lines, 1):
        if start is None and re.match(r"^[A-Za-z].*\)( const)?( noexcept)?( override)? ?\{$", line):
            start = number
        elif start is not None and line == "}":
            if number - start > 70:
                report(path, start, f"function of {number - start} lines: split it (at most 70)")
            start = None


def check_file(path, report):
    lines = (ROOT / path).read_text(errors="replace").splitlines()
    folder = path.parts[1] if path.parts[0] == "src" and len(path.parts) > 2 else None
    if not any("SPDX-License-Identifier" in line for line in lines[:3]):
        report(path, 1, "no SPDX line: start with // SPDX-License-Identifier: Apache-2.0")
    if path.suffix not in {".cc", ".h"}:
        return
    if len(lines) > limit_of(path):
        report(path, len(lines), f"{len(lines)} lines, limit {limit_of(path)}: split by concern")
    check_functions(path, lines, report)
    for number, line in enumerate(lines, 1):
        if len(line) > 100:
            report(path, number, f"{len(line)} columns: at most 100")
        check_includes(path, number, line, folder, report)
        code = line if line.lstrip().startswith("#include") else strip_comments(line)
        for pattern, where, instead in BANS:
            if (where is None or folder in where) and re.search(pattern, code):
                report(path, number, f"'{re.search(pattern, code).group(0)}' is banned here: use "
                                     f"{instead}")


def main():
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, text=True,
                            capture_output=True, check=True).stdout.split("\n")
    problems = []
    report = lambda path, number, what: problems.append(f"{path}:{number}: {what}")
    count = 0
    for name in listed:
        path = pathlib.Path(name)
        if path.suffix in {".cc", ".h", ".c", ".py", ".sh"} and (ROOT / path).is_file():
            count += 1
            check_file(path, report)
    print("\n".join(problems) if problems else f"tidy: {count} files keep the rules")
    return 1 if problems or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
