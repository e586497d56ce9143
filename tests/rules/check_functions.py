#!/usr/bin/env python3
"""Functions have at most 100 lines, except the tables of tests/rules/long_functions.txt.

check_functions.py ROOT            the check; prints every function that is too long
check_functions.py ROOT --longest  the twenty longest functions, for whoever wants to shorten one
"""

import pathlib
import re
import sys

LIMIT = 100
FOLDERS = ["app", "ui", "experiments", "methods", "core", "tests", "benchmarks"]
# Comments, raw strings, strings and characters (a ' between digits is no quote): nothing in them counts as code.
NOT_CODE = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Za-z_])(?:u8|[uUL])?\'(?:\\.|[^\'\\\n])+\'', re.S)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", re.M)
SCOPE = re.compile(r"\b(namespace|class|struct|union|enum|extern)\b")


def blank(match):
    return re.sub(r"[^\n]", " ", match.group(0))


def functions(text):
    """Yields (name, first line, number of lines) of each function at the level of a namespace or class."""
    code = DIRECTIVE.sub(blank, NOT_CODE.sub(blank, text))
    scopes = 0          # open namespaces and classes; inside them a brace opens a scope, a function or a value
    head = 0            # where the text before the next brace starts
    depth = 0           # braces open inside a function or a value
    function = None     # (name, start) of the function that is open, None inside a value
    resume = 0          # where the head goes on after a value in a constructor's list
    for position, character in enumerate(code):
        if depth:
            depth += {"{": 1, "}": -1}.get(character, 0)
            if depth == 0:
                if function:
                    start = function[1]
                    yield function[0], code.count("\n", 0, start) + 1, code.count("\n", start, position) + 1
                    head = position + 1
                else:
                    head = resume
        elif character == "{":
            before = code[head:position]
            called = re.search(r"([\w:~]+|operator\W+)\s*\(", before)
            if SCOPE.search(re.sub(r"<[^<>]*>|\([^()]*\)", " ", before)) and not re.search(r"\)\s*(const|noexcept|override|final|->|:|$)", before.rstrip()):
                scopes += 1
                head = position + 1
                continue
            # In a constructor's list a brace right behind a name initialises a member.
            in_list = called and re.search(r"\)[^;]*:(?!:)", before) and re.search(r"[\w>]$", before)
            depth = 1
            function = None
            resume = head
            if called and not in_list and not re.search(r"=\s*$", before):
                function = (called.group(1).strip(), head + len(before) - len(before.lstrip()))
        elif character == "}":
            scopes -= 1
            head = position + 1
        elif character == ";":
            head = position + 1
    if depth or scopes:
        raise SystemExit("the braces do not balance")


def allowed(root):
    """The tables that may be longer: path, function, reason."""
    table = {}
    for line in (root / "tests/rules/long_functions.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            path, name, reason = line.split(maxsplit=2)
            table[path, name] = reason
    return table


def main():
    root = pathlib.Path(sys.argv[1])
    found = []
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".h", ".cpp"):
                relative = str(path.relative_to(root))
                try:
                    found += [(lines, relative, name, first) for name, first, lines in functions(path.read_text())]
                except SystemExit as stop:
                    raise SystemExit(f"{relative}: {stop}") from None
    if len(found) < 1000:
        raise SystemExit(f"only {len(found)} functions were found; the search is broken")
    found.sort(reverse=True)
    if "--longest" in sys.argv:
        print(f"{len(found)} functions")
        for lines, path, name, first in found[:20]:
            print(f"{lines:4}  {path}:{first}  {name}")
        return
    exceptions = allowed(root)
    failed = False
    for lines, path, name, first in found:
        if lines > LIMIT and exceptions.pop((path, name), None) is None:
            print(f"{path}:{first}: {name} has {lines} lines, more than {LIMIT}: it probably does more than one thing")
            failed = True
    for path, name in exceptions:
        print(f"tests/rules/long_functions.txt: {name} in {path} is not longer than {LIMIT} lines any more; remove the line")
        failed = True
    sys.exit(failed)


if __name__ == "__main__":
    main()
