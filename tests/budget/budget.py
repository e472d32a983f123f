#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What the verifier takes for every program, against what it may take: verifier.budget.

    budget.py       writes the figures of the running kernel into its column (`make budget`)

A column is a kernel and a compiler, for figures differ by both. A program may take 2 % more
instructions than its figure, and no more stack.
"""
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FILE = os.path.join(TOP, "tests/budget/verifier.budget")
PROGRAM = os.path.join(TOP, "build/tests/budget/budget")
TOLERANCE = 0.02
HEAD = """\
# What the verifier may take: instructions that it processes (the kernel's limit: 1000000) / bytes
# of the deepest chain of calls, counted as kernel 6.1 does (its limit: 512). `make budget` rewrites
# the column of the running kernel, `make budget KERNELS=6.1` that of another one.
"""


def column(release, clang=os.environ.get("CLANG", "clang")):
    """The name of a kernel's column: "6.1/clang-14"."""
    said = subprocess.run([clang, "--version"], capture_output=True, text=True, check=True).stdout
    kernel = re.match(r"\d+\.\d+", release).group()
    version = re.search(r"version (\d+)", said).group(1)
    return f"{kernel}/clang-{version}"


def parse(text):
    """{program: (instructions, stack)} of what budget.c prints."""
    words = [line.split() for line in text.splitlines()]
    return {name: (int(insns), int(stack)) for name, insns, stack in words}


def read(path=FILE):
    """{column: {program: (instructions, stack)}} of the file."""
    with open(path, encoding="ascii") as f:
        lines = [line.split() for line in f if line.strip() and not line.startswith("#")]
    names = lines[0][1:] if lines else []
    columns = {name: {} for name in names}
    for program, *cells in lines[1:]:
        for name, cell in zip(names, cells, strict=True):
            if cell != "-":
                columns[name][program] = tuple(map(int, cell.split("/")))
    return columns


def order(name):
    return [int(number) for number in re.findall(r"\d+", name)]


def write(name, figures, path=FILE):
    """One column; programs that no column has any more are left out."""
    columns = {**read(path), name: figures}
    names = sorted(columns, key=order)
    rows = [["program", *names]]
    for program in [*figures, *sorted({p for c in columns.values() for p in c} - set(figures))]:
        cells = [columns[n].get(program) for n in names]
        rows.append([program, *("/".join(map(str, cell)) if cell else "-" for cell in cells)])
    widths = [max(map(len, cells)) for cells in zip(*rows)]
    with open(path + ".new", "w", encoding="ascii") as f:
        f.write(HEAD)
        for row in rows:
            f.write("  ".join(map(str.ljust, row, widths)).rstrip() + "\n")
    os.rename(path + ".new", path)


def compare(allowed, figures):
    """What is wrong, a line each."""
    wrong = [f"{name} is in the budget, and no such program is there"
             for name in allowed if name not in figures]
    for name, (insns, stack) in figures.items():
        if name not in allowed:
            wrong.append(f"{name} is not in the budget: {insns} instructions, "
                         f"{stack} bytes of stack")
            continue
        may_insns, may_stack = allowed[name]
        if insns > may_insns * (1 + TOLERANCE):
            wrong.append(f"{name}: {insns} instructions, the budget has {may_insns} "
                         f"({insns / may_insns - 1:+.1%})")
        if stack > may_stack:
            wrong.append(f"{name}: {stack} bytes of stack, the budget has {may_stack}")
    return wrong


def table(figures):
    return ", ".join(f"{name} {insns}/{stack}" for name, (insns, stack) in figures.items())


def measure():
    """What budget.c says of the running kernel; it must load every program."""
    done = subprocess.run([PROGRAM], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"exit code {done.returncode}\n{done.stderr}{done.stdout}")
    return parse(done.stdout)


def main():
    name = column(os.uname().release)
    figures = measure()
    write(name, figures)
    print(f"tests/budget/verifier.budget, column {name}: {table(figures)}")


if __name__ == "__main__":
    try:
        main()
    except RuntimeError as error:
        sys.exit(f"budget.py: {error}")
