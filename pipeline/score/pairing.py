"""Which items of two lists belong together, so that they agree the most in all."""

from __future__ import annotations

from collections.abc import Sequence

MOST = 300
"""Longest lists of which the best pairs are looked for; in longer ones the most alike are taken first."""


def best_pairs(weights: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """Row and column of each pair, so that the weights of the pairs sum up to the most; pairs of weight 0 left out.

    `weights[i][j]` says from 0 up how well row i and column j go together:

        weights   3 2     the most alike first would take 3 and leave 0
                  2 0     the best pairs are 2 and 2

    Rows of more than `MOST`, or as many columns, are paired greedily: the time would grow with their third power.
    """
    if not weights or not weights[0]:
        return []
    if len(weights) > len(weights[0]):
        return sorted((row, column) for column, row in best_pairs(list(zip(*weights, strict=True))))
    pairs = _greedy(weights) if len(weights[0]) > MOST else _assigned(weights)
    return sorted((row, column) for row, column in pairs if weights[row][column] > 0)


def _greedy(weights: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    ranked = sorted(
        (-weight, row, column) for row, line in enumerate(weights) for column, weight in enumerate(line) if weight > 0
    )
    rows, columns, pairs = set[int](), set[int](), []
    for _, row, column in ranked:
        if row not in rows and column not in columns:
            rows.add(row)
            columns.add(column)
            pairs.append((row, column))
    return pairs


def _assigned(weights: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """The assignment of all rows to columns, no fewer than the rows, of the greatest sum.

    Rows are taken in one after the other, each by the shortest augmenting path over reduced costs (Kuhn's Hungarian
    method as Jonker and Volgenant have it, Computing 38, 1987), in rows² · columns steps. Column 0 stands for none.
    """
    height, width = len(weights), len(weights[0])
    of_row, of_column = [0.0] * (height + 1), [0.0] * (width + 1)
    holder = [0] * (width + 1)
    for row in range(1, height + 1):
        holder[0] = row
        for column, before in _path(weights, of_row, of_column, holder):
            holder[column] = holder[before]
    return [(holder[column] - 1, column - 1) for column in range(1, width + 1) if holder[column]]


def _path(
    weights: Sequence[Sequence[float]], of_row: list[float], of_column: list[float], holder: list[int]
) -> list[tuple[int, int]]:
    """The steps (column, the one before it) from a free column back to none; the potentials are brought up to date."""
    width = len(of_column) - 1
    least, came = [float("inf")] * (width + 1), [0] * (width + 1)
    done = [False] * (width + 1)
    here = 0
    while holder[here]:
        done[here] = True
        row, delta, nearest = holder[here], float("inf"), 0
        line = weights[row - 1]
        for column in range(1, width + 1):
            if done[column]:
                continue
            cost = -line[column - 1] - of_row[row] - of_column[column]
            if cost < least[column]:
                least[column], came[column] = cost, here
            if least[column] < delta:
                delta, nearest = least[column], column
        for column in range(width + 1):
            if done[column]:
                of_row[holder[column]] += delta
                of_column[column] -= delta
            else:
                least[column] -= delta
        here = nearest
    steps = []
    while here:
        steps.append((here, came[here]))
        here = came[here]
    return steps
