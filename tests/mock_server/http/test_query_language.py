"""The language of `query` and `orderBy`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, Struct, UnsetType

from codat_mock.http.query_language import MAX_NESTING, MAX_QUERY_CHARACTERS, read_order, read_query
from codat_mock.models.companies import Company
from codat_mock.models.errors import Malformed
from codat_mock.models.values import MomentText


class Part(Struct):
    colour: str


class Thing(Struct, rename="camel"):
    name: str
    unit_count: int
    is_new: bool
    made: MomentText | UnsetType = UNSET
    parts: list[Part] = []


CUP = {"name": "Tea & Cup", "unitCount": 10, "isNew": True, "parts": [{"colour": "Red"}]}
POT = {"name": "pot|lid", "unitCount": 9, "isNew": False, "made": "2022-03-21T10:00:00.5Z"}

clauses = st.sampled_from(
    ["name=x", "unitCount>=9", "isNew=true", "parts.colour~e", "made<2022-04-01", "name!=pot|lid"]
)
queries = st.recursive(
    clauses,
    lambda inner: st.one_of(
        st.builds("{{{}}}".format, inner),
        st.builds("{}&&{}".format, inner, inner),
        st.builds("{} || {}".format, inner, inner),
    ),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("name=tea & cup", [CUP]),
        ("name=pot|lid", [POT]),
        ("name= =tea", []),
        ("name~P", [CUP, POT]),
        ("name!=tea & cup", [POT]),
        ("unitCount>9", [CUP]),
        ("unitCount>=9.0", [CUP, POT]),
        ("unitCount<10", [POT]),
        ("unitCount=NaN", []),
        ("unitCount>many", []),
        ("isNew=TRUE", [CUP]),
        ("made>2022-03-21", [POT]),
        ("made=2022-03-21T11:00:00.500+01:00", [POT]),
        ("made!=2022-03-21", [CUP, POT]),
        ("parts.colour=red", [CUP]),
        ("PARTS.COLOUR=red", [CUP]),
        ("unitCount<=9||isNew=true&&name=nothing", [POT]),
        ("{unitCount<=9||isNew=true}&&name~cup", [CUP]),
        (" { { unitCount = 9 } } ", [POT]),
    ],
)
def test_a_query_finds_what_it_says(query: str, found: list[object]) -> None:
    holds = read_query(query, Thing)
    assert [item for item in (CUP, POT) if holds(item)] == found


@given(queries, queries)
def test_joined_queries_hold_as_their_parts_do(left: str, right: str) -> None:
    first, second = read_query(left, Thing), read_query(right, Thing)
    both = read_query(f"{{{left}}}&&{{{right}}}", Thing)
    either = read_query(f"{left}||{right}", Thing)
    for item in (CUP, POT):
        assert both(item) == (first(item) and second(item))
        assert either(item) == (first(item) or second(item))


@given(st.text("nameunitCount=!~<>&|{} 9x", max_size=60) | st.text(max_size=60))
def test_any_text_is_read_or_refused_with_its_place(text: str) -> None:
    try:
        holds = read_query(text, Thing)
    except Malformed as error:
        [problem] = error.problems
        assert problem.path == "query"
        assert "character" in problem.message
    else:
        assert isinstance(holds(CUP), bool)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("name", "at character 1"),
        ("name=a&&", "at character 9"),
        ("name=a}", "expected '&&', '||' or the end at character 7, found '}'"),
        ("{name=a", "expected '}' at character 8, it ends there"),
        ("name=", "a value is missing at character 6"),
        ("name=a&&size>1", "no property 'size'; known are name, unitCount"),
        ("parts=1", "no property 'parts'"),
        ("name==a", "the operator '==' at character 5 is unknown; known: = != ~ > < >= <="),
        ("isNew=true && unitCount<>9", "the operator '<>' at character 24"),
        ("name =~ a", "the operator '=~' at character 6"),
        ("name!a", "the operator '!' at character 5"),
        ("name=" + "a" * MAX_QUERY_CHARACTERS, "2053 characters, and at most 2048"),
        ("{" * (MAX_NESTING + 1), "nested more than 32 deep"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(query: str, said: str) -> None:
    with pytest.raises(
        Malformed,
        match=r"^Error parsing query - (Malformed query|Could not resolve property \w+ on Dataset)"
        r"\. The parameter 'query' cannot be read",
    ) as refusal:
        read_query(query, Thing)
    assert said in str(refusal.value)


def test_things_are_sorted_by_a_property_up_or_down() -> None:
    key, is_descending = read_order("-unitCount", Thing)
    assert is_descending
    assert [key(item) for item in (CUP, POT)] == [10, 9]
    key, is_descending = read_order("name", Thing)
    assert not is_descending
    assert key(CUP) == "tea & cup"


def test_moments_are_sorted_in_time_though_their_trailing_zeros_are_trimmed() -> None:
    in_time = [f"2022-03-21T10:00:{seconds}Z" for seconds in ("00", "00.5", "00.56", "01")]
    key, _ = read_order("made", Thing)
    assert sorted({*in_time}, key=lambda made: key({"made": made})) == in_time


def test_they_are_not_sorted_by_what_they_do_not_have() -> None:
    with pytest.raises(Malformed, match="no property 'size'"):
        read_order("-size", Thing)


def test_the_properties_of_what_a_company_holds_can_be_asked_for() -> None:
    read_query("dataConnections.status=Linked&&created>2022-01-01", Company)
