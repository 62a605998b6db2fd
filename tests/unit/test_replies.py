"""Replies: texts that cannot hurt, names that are missing, and which three are offered."""

from __future__ import annotations

import pytest
from builders import a_reply
from hypothesis import given
from hypothesis import strategies as st

from routing.replies.rank import OFFERED, Suggestion, best_replies
from routing.replies.render import MAX_BODY, MAX_VALUE, VARIABLES, Missing, check_body, render
from routing.replies.reply import Reply
from routing.tickets import Use

VALUES = {"customer.name": "Lena Vogt", "ticket.subject": "Cannot sign in", "agent.name": "Mara"}

ESCAPES = [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ customer.__class__ }}",
    "{{ customer.name.__class__.__base__ }}",
    "{{ customer['__class__'] }}",
    "{{ customer.__init__.__globals__ }}",
    "{{ customer._values }}",
    "{{ customer|attr('__class__') }}",
    "{{ customer.name|attr('format')('{0.__class__}') }}",
    "{{ '{0.__class__.__init__.__globals__}'.format(customer) }}",
    "{{ '%s' % customer }}",
    "{{ ['{0.__class__}']|map('format', customer)|list }}",
    "{{ customer.name.format }}",
    "{{ customer.name.upper() }}",
    "{{ lipsum.__globals__['os'].popen('id').read() }}",
    "{{ cycler.__init__.__globals__.os }}",
    "{{ joiner.__init__ }}",
    "{{ namespace(a=1) }}",
    "{{ self.__init__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ config }}",
    "{{ request.application }}",
    "{{ get_flashed_messages.__globals__ }}",
    "{{ url_for }}",
    "{{ range }}",
    "{{ dict(a=1) }}",
    "{{ customer }}",
    "{{ customer|xmlattr }}",
    "{{ customer.name|pprint }}",
    "{{ customer.name|default(customer) }}",
    "{{ 'a'.join }}",
    "{% set x = customer.name %}{{ x }}",
    "{% set customer.name = 'x' %}",
    "{% import 'x' as y %}",
    "{% from 'x' import y %}",
    "{% include '/etc/passwd' %}",
    "{% extends 'x' %}",
    "{% block a %}{% endblock %}",
    "{% with x = 1 %}{{ x }}{% endwith %}",
    "{% filter upper %}a{% endfilter %}",
    "{% call x() %}{% endcall %}",
    "{% autoescape false %}{% endautoescape %}",
    "{% do customer.clear() %}",
    "{% if customer.name is defined %}a{% endif %}",
    "{% if customer.name is sameas(customer) %}a{% endif %}",
]

DENIALS_OF_SERVICE = [
    "{{ 'a' * 300000000 }}",
    "{{ 9 ** 9 ** 9 }}",
    "{{ '%999999999d' % 1 }}",
    "{{ 'a' ~ 'b' }}",
    "{{ 'a' + 'b' }}",
    "{{ [1] * 300000000 }}",
    "{% for a in range(999999999) %}x{% endfor %}",
    "{% for a in 'abc' %}{% for b in 'abc' %}x{% endfor %}{% endfor %}",
    "{% for a in customer.name recursive %}{{ loop(a) }}{% endfor %}",
    "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}",
    "{% include 'itself' %}",
    "{{ customer.name|center(300000000) }}",
    "{{ customer.name|replace('', 'aaaaaaaa') }}",
    "{{ customer.name|wordwrap(1) }}",
    "{{ customer.name|indent(300000000) }}",
    "{{ lipsum(n=99999999) }}",
    "{{ " + "9" * 5_000 + " }}",
    "{{ " + "(" * 5_000 + "'a'" + ")" * 5_000 + " }}",
    "{{ " + "not " * 4_000 + "'a' }}",
    "{{ " + "'a' if 'a' else " * 900 + "'a' }}",
    "{% if 'a' %}" * 600 + "{% endif %}" * 600,
    "{{ 'a'" + "|upper" * 2_000 + " }}",
    "x" * (MAX_BODY + 1),
]


class TestWhatATemplateMayNotDo:
    @pytest.mark.parametrize("body", ESCAPES)
    def test_an_escape_is_refused_and_never_run(self, body: str) -> None:
        assert check_body(body)
        with pytest.raises(ValueError, match="text"):
            render(body, VALUES)

    @pytest.mark.parametrize("body", DENIALS_OF_SERVICE, ids=lambda body: body[:40])
    def test_a_text_that_burns_time_or_memory_is_refused_and_never_run(self, body: str) -> None:
        assert check_body(body)
        with pytest.raises(ValueError, match="text"):
            render(body, VALUES)

    @pytest.mark.parametrize(
        ("body", "says"),
        [
            ("Hello\n{% for x in y %}{% endfor %}", "Line 2 of the text uses “for”"),
            ("{{ name }}", "uses “name”"),
            ("{{ user.name }}", "Names begin with customer, ticket, agent or account."),
            ("{{ customer.name|safe }}", "Known: default, lower, title, upper."),
            ("{{ customer.name|upper('x') }}", "gives the filter “upper” more than it takes"),
            ("{{ customer.seats|default(5) }}", "uses 5. Put it in quotes."),
            ("{{ customer.seats|default('a', true) }}", "more than it takes"),
            ("{{ customer.seats|default(default_value='a') }}", "more than it takes"),
            ("{{ customer.seats|default(*customer.name) }}", "more than it takes"),
            ("{{ 'a' if customer.name }}", "if without else"),
            ("{% if customer.name < 'b' %}a{% endif %}", "something else than == and !="),
            ("Hello {{ customer.name", "cannot be read at its line 1"),
            ("a\n{% if customer.name %}", "cannot be read at its line"),
            ("{{ " + "9" * 5_000 + " }}", "cannot be read"),
            ("{% if 'a' %}" * 40 + "{% endif %}" * 40, "nested too deeply"),
        ],
    )
    def test_the_refusal_says_what_and_where(self, body: str, says: str) -> None:
        assert says in (check_body(body) or "")


PIECES = st.sampled_from(
    [
        "{{ ",
        " }}",
        "{% if ",
        " %}",
        "{% else %}",
        "{% endif %}",
        "{#",
        "#}",
        "\\",
        "-",
        "customer.name",
        "customer",
        "customer.plan",
        ".name",
        "[0]",
        "'a'",
        "12",
        "none",
        "true",
        "|default('x')",
        "|upper",
        "|default(",
        "(",
        ")",
        " == ",
        " < ",
        " in ",
        " and ",
        " not ",
        " if ",
        " else ",
    ]
)
EXPRESSIONS: st.SearchStrategy[str] = st.recursive(
    st.sampled_from(["customer.name", "customer.plan", "ticket.subject", "'a'", "''"]),
    lambda inner: (
        st.builds("({}|upper)".format, inner)
        | st.builds("({}|title)".format, inner)
        | st.builds("({}|default({}))".format, inner, inner)
        | st.builds("({} == {})".format, inner, inner)
        | st.builds("({} != {})".format, inner, inner)
        | st.builds("(not {})".format, inner)
        | st.builds("({} and {})".format, inner, inner)
        | st.builds("({} or {})".format, inner, inner)
        | st.builds("({} if {} else {})".format, inner, inner, inner)
    ),
    max_leaves=8,
)


class TestRendering:
    @pytest.mark.parametrize("variable", sorted(VARIABLES))
    def test_every_promised_variable_can_be_used(self, variable: str) -> None:
        body = f"Hello {{{{ {variable} }}}},"
        assert check_body(body) is None
        assert render(body, {variable: "Lena"}) == "Hello Lena,"

    def test_a_missing_variable_is_told_by_its_full_name(self) -> None:
        assert render("{{ customer.first_name }}", VALUES) == Missing("customer.first_name")
        assert render("{{ account.name }}", {}) == Missing("account.name")

    def test_the_first_missing_variable_is_the_one_that_is_told(self) -> None:
        assert render("{{ agent.name }} {{ account.name }}", {}) == Missing("agent.name")

    @pytest.mark.parametrize(
        "body",
        [
            "{% if customer.plan %}a{% endif %}",
            "{% if customer.plan == 'Team' %}a{% else %}b{% endif %}",
            "{{ 'a' if customer.plan else 'b' }}",
            "{% if not customer.plan %}a{% endif %}",
            "{{ customer.plan|upper }}",
        ],
    )
    def test_a_decision_over_a_missing_variable_is_not_made(self, body: str) -> None:
        assert check_body(body) is None
        assert render(body, VALUES) == Missing("customer.plan")

    def test_a_default_takes_the_place_of_what_is_missing(self) -> None:
        body = "Your plan: {{ customer.plan|default('unknown')|upper }}"
        assert render(body, VALUES) == "Your plan: UNKNOWN"
        assert render(body, {"customer.plan": "Team"}) == "Your plan: TEAM"

    def test_an_if_chooses_between_texts(self) -> None:
        body = (
            "{% if customer.plan == 'Team' %}A{% elif customer.plan == 'Free' %}B"
            "{% else %}C{% endif %}"
        )
        assert [render(body, {"customer.plan": plan}) for plan in ("Team", "Free", "x")] == [*"ABC"]

    @pytest.mark.parametrize("name", ["items", "keys", "get", "pop", "copy", "values"])
    def test_a_field_named_like_a_method_is_just_a_field(self, name: str) -> None:
        body = f"{{{{ customer.{name} }}}}"
        assert render(body, {f"customer.{name}": "x"}) == "x"
        assert render(body, {}) == Missing(f"customer.{name}")

    @given(st.text(max_size=60))
    def test_a_value_is_put_in_as_it_is(self, value: str) -> None:
        assert render("[{{ customer.name }}]", {"customer.name": value}) == f"[{value}]"

    @pytest.mark.parametrize(
        "value",
        [
            "{{ 7 * 7 }}",
            "{{ customer.__class__ }}",
            "{% for x in range(9) %}x{% endfor %}",
            "{# gone #}",
            "<script>alert(1)</script>",
            '<a href="javascript:x">&amp;</a>',
        ],
    )
    def test_what_a_customer_wrote_is_never_read_as_a_template_or_changed(self, value: str) -> None:
        values = {"ticket.subject": value, "customer.plan": value}
        assert render("Re: {{ ticket.subject }}!", values) == f"Re: {value}!"
        assert render("{{ customer.city|default(customer.plan) }}!", values) == f"{value}!"

    def test_an_endless_value_is_cut(self) -> None:
        body = "{{ ticket.subject }}" * 900
        text = render(body, {"ticket.subject": "x" * 1_000_000})
        assert isinstance(text, str)
        assert len(text) == 900 * MAX_VALUE

    def test_blank_lines_around_the_text_are_taken_off(self) -> None:
        assert render("\n\nHello\n\n{% if 'a' == 'b' %}x{% endif %}\n", {}) == "Hello"

    @given(st.lists(PIECES, max_size=14).map("".join))
    def test_any_heap_of_pieces_is_refused_or_rendered(self, body: str) -> None:
        if check_body(body) is None:
            assert isinstance(render(body, VALUES), str | Missing)

    @given(EXPRESSIONS, EXPRESSIONS)
    def test_whatever_can_be_built_from_what_is_allowed_can_be_rendered(
        self, one: str, two: str
    ) -> None:
        body = f"Hello {{{{ {one} }}}}{{% if {two} %}}a{{% else %}}b{{% endif %}}"
        assert check_body(body) is None
        assert isinstance(render(body, VALUES), str | Missing)

    @given(st.text(st.characters(exclude_categories=["Cs"]), max_size=80))
    def test_any_text_is_refused_or_rendered(self, body: str) -> None:
        if check_body(body) is None:
            assert isinstance(render(body, VALUES), str | Missing)


def offered(
    replies: list[Reply],
    text: str = "cannot sign in",
    *,
    language: str | None = "en",
    segment: str | None = "Trial",
    uses: dict[str, Use] | None = None,
) -> list[str]:
    found = best_replies(replies, text=text, language=language, segment=segment, uses=uses)
    return [one.reply for one in found]


class TestRanking:
    def test_at_most_three_are_offered(self) -> None:
        assert len(offered([a_reply(str(n)) for n in range(9)])) == OFFERED == 3

    def test_a_reply_in_another_language_is_never_offered(self) -> None:
        replies = [a_reply("en"), a_reply("de", language="de")]
        assert offered(replies, language="de") == ["de"]

    def test_a_ticket_of_unknown_language_is_offered_replies_in_any(self) -> None:
        assert offered([a_reply("en"), a_reply("de", language="de")], language=None) == ["en", "de"]

    def test_a_reply_for_other_segments_is_never_offered(self) -> None:
        replies = [a_reply("theirs", segments=["Enterprise"]), a_reply("all")]
        assert offered(replies) == ["all"]
        assert offered(replies, segment=None) == ["all"]

    def test_a_reply_without_a_word_in_common_is_offered_only_to_its_own_segment(self) -> None:
        replies = [
            a_reply("all", topics=["invoice"]),
            a_reply("theirs", topics=["invoice"], segments=["Trial"]),
        ]
        assert offered(replies) == ["theirs"]

    def test_nothing_in_common_offers_nothing(self) -> None:
        assert offered([a_reply()], "where is my parcel") == []

    def test_topics_are_found_without_regard_to_case(self) -> None:
        assert offered([a_reply(topics=["SIGN in"])], "I cannot sIgN In") == [
            "Renew the certificate"
        ]

    def test_more_in_common_comes_first(self) -> None:
        replies = [
            a_reply("one", topics=["sign"]),
            a_reply("two", topics=["sign", "cannot"]),
            a_reply("phrase", topics=["cannot sign in"]),
        ]
        assert offered(replies) == ["two", "phrase", "one"]

    def test_the_segment_s_own_reply_comes_before_one_for_all(self) -> None:
        replies = [a_reply("all"), a_reply("theirs", segments=["Trial"])]
        assert offered(replies) == ["theirs", "all"]

    def test_among_equals_the_one_that_solved_more_comes_first(self) -> None:
        replies = [a_reply("never"), a_reply("often"), a_reply("lucky")]
        uses = {"never": Use(50, 5), "often": Use(50, 45), "lucky": Use(1, 1)}
        assert offered(replies, uses=uses) == ["often", "lucky", "never"]

    def test_success_never_outweighs_a_whole_topic_more(self) -> None:
        replies = [a_reply("proven", topics=["sign"]), a_reply("fits", topics=["sign", "cannot"])]
        uses = {"proven": Use(1000, 1000), "fits": Use(1000, 0)}
        assert offered(replies, uses=uses) == ["fits", "proven"]

    def test_among_equals_the_order_of_the_playbook_decides(self) -> None:
        assert offered([a_reply("b"), a_reply("a"), a_reply("c")]) == ["b", "a", "c"]

    @pytest.mark.parametrize(
        ("reply", "because"),
        [
            (a_reply(), "Mentions sign in, in English"),
            (a_reply(segments=["Trial"]), "Mentions sign in, written for Trial, in English"),
            (a_reply(topics=["x"], segments=["Trial"]), "Written for Trial, in English"),
            (
                a_reply(topics=["cannot", "sign", "sign in", "in"]),
                "Mentions cannot, sign and sign in, in English",
            ),
        ],
    )
    def test_the_reason_is_given_in_words(self, reply: Reply, because: str) -> None:
        found = best_replies(
            [reply], text="I cannot sign in", language="en", segment="Trial", uses=None
        )
        assert found == (Suggestion(reply.name, because),)
