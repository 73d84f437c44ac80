"""Every set of tokens that the grammar can expect has a sentence, and no sentence is left over."""

import pytest
from formulas import read

from lawc.syntax.sentences import SENTENCES, sentence
from lawc.syntax.table import table


def expected_sets() -> set[frozenset[str]]:
    return {table().expected(state) for state in range(len(table().moves))} - {frozenset()}


def test_each_expected_set_of_the_grammar_has_a_sentence() -> None:
    missing = expected_sets() - set(SENTENCES)
    assert not missing, [" ".join(sorted(tokens)) for tokens in missing]


def test_no_sentence_is_for_a_set_that_the_grammar_never_expects() -> None:
    surplus = set(SENTENCES) - expected_sets()
    assert not surplus, [" ".join(sorted(tokens)) for tokens in surplus]


@pytest.mark.parametrize("expected", sorted(SENTENCES, key=sorted))
def test_a_sentence_says_what_belongs_and_what_to_do(expected: frozenset[str]) -> None:
    said = sentence(expected, expected)
    assert said.belongs and said.help
    for text in (said.belongs, said.help):
        assert not text.endswith(".") and "invalid" not in text
        assert text[0] in "`" or text[0].islower()


def test_the_sentence_behind_a_value_names_only_what_this_line_can_go_on_with() -> None:
    _, findings = read("law a@1\n  equations\n    F = m ->\n  initial\n    x = 3 ->\n")
    assert findings[0].headline == "`->` stands where an operator or the end of the line belongs"
    assert findings[1].headline == "`->` stands where an operator or `at` belongs"
