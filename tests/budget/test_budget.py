# SPDX-License-Identifier: GPL-2.0-only
"""The verifier takes every program with every setting, and no more work than the budget allows."""
import os
import shutil
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import budget  # noqa: E402

ALLOWED = {"evb_a": (1000, 320), "evb_b": (50000, 512)}


@pytest.fixture(scope="module")
def figures():
    return budget.measure()


def test_every_program_is_loaded_and_has_figures(figures):
    assert {"evb_from_vf", "evb_from_port", "evb_xdp_wire"} <= set(figures)
    for name, (insns, stack) in figures.items():
        assert 0 < insns < 1_000_000, name
        assert 0 < stack <= 512, f"{name}: kernel 6.1 refuses more than 512 bytes"


def test_no_program_takes_more_than_its_budget(figures):
    name = budget.column(os.uname().release)
    columns = budget.read()
    if name not in columns:
        pytest.skip(f"verifier.budget has no column {name}: {budget.table(figures)}")
    wrong = budget.compare(columns[name], figures)
    assert not wrong, "\n".join(
        ["more than tests/budget/verifier.budget allows; `make budget` allows it on purpose:",
         *wrong])


@pytest.mark.parametrize("figures_now, says", [
    ({}, []),
    ({"evb_a": (1020, 320)}, []),
    ({"evb_a": (10, 32)}, []),
    ({"evb_a": (1021, 320)}, ["evb_a: 1021 instructions, the budget has 1000 (+2.1%)"]),
    ({"evb_b": (50000, 544)}, ["evb_b: 544 bytes of stack, the budget has 512"]),
    ({"evb_c": (7, 32)}, ["evb_c is not in the budget: 7 instructions, 32 bytes of stack"]),
])
def test_what_is_more_than_allowed_is_named(figures_now, says):
    assert budget.compare(ALLOWED, {**ALLOWED, **figures_now}) == says


def test_a_program_that_is_gone_is_named():
    assert budget.compare(ALLOWED, {"evb_a": (1000, 320)}) == [
        "evb_b is in the budget, and no such program is there"]


def test_a_column_is_written_and_the_others_stay(tmp_path):
    path = str(tmp_path / "budget")
    shutil.copy(budget.FILE, path)
    before = budget.read(path)
    budget.write("99.9/clang-99", ALLOWED, path)
    after = budget.read(path)
    assert after.pop("99.9/clang-99") == ALLOWED
    assert after == before
