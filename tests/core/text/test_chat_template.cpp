// Chat templates: golden conversations, the language as Jinja has it, and templates that want too much.

#include "core/text/chat/chat_template.h"
#include "tests/support/mutations.h"
#include "tests/support/test_support.h"

#include <functional>

using namespace diapason;
using namespace diapason::testing;

namespace {

constexpr std::int64_t most_grown_kb = 512000; // of what the default limits allow

std::string rendered(const std::string& source, const Json& variables = Json::object(), const ChatLimits& limits = {}) {
    ChatContext context;
    context.variables = variables;
    context.now = 1'700'000'000;
    return ChatTemplate::parse(source, "t.jinja").render(Json::array(), context, limits);
}

std::string times(const std::string& text, std::size_t count) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i)
        out += text;
    return out;
}

// A loop that goes on with what the namespace ns keeps.
std::string growing(const std::string& start, const std::string& step) {
    return "{% set ns = namespace(x=" + start + ") %}{% for i in range(100000) %}{% set ns.x = " + step +
           " %}{% endfor %}{{ ns.x|length }}";
}

void add_goldens(const std::filesystem::path& folder, const char* where) {
    const std::string text = read_file(folder / "cases.jsonl", 16u << 20);
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string line = text.substr(at, end - at);
        at = end + 1;
        QTest::newRow((where + Json::parse(line).at("id").get<std::string>()).c_str())
            << QByteArray::fromStdString(line);
    }
}

} // namespace

class TestChatTemplate : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void conversationsAreTheReferences_data() {
        QTest::addColumn<QByteArray>("line");
        add_goldens(fixtures() / "chat", "clone/");
        if (const auto all = shared_material("fixtures/chat")) add_goldens(*all, "all/");
    }
    void conversationsAreTheReferences() {
        QFETCH(QByteArray, line);
        const Json golden = Json::parse(line.toStdString());
        ChatContext context;
        context.add_generation_prompt = golden.at("add_generation_prompt").get<bool>();
        for (const char* token : {"bos_token", "eos_token"})
            context.special_tokens[token] = golden.at(token).get<std::string>();
        context.variables = golden.value("variables", Json::object());
        std::string text;
        const Caught refusal = caught([&] {
            text = ChatTemplate::parse(golden.at("template").get<std::string>(), "golden")
                       .render(golden.at("messages"), context);
        });
        if (!golden.contains("error")) QCOMPARE(refusal.message, std::string());
        if (golden.contains("error"))
            QVERIFY2(refusal.says(golden.at("error").get<std::string>()), refusal.message.c_str());
        else
            QCOMPARE(text, golden.at("expected").get<std::string>());
    }

    void theLanguageIsJinjas_data() {
        QTest::addColumn<QByteArray>("source");
        QTest::addColumn<QByteArray>("expected");
        QTest::addColumn<bool>("refused");
        const Json document = read_json(fixtures() / "jinja" / "language.json");
        for (const Json& row : document.at("rows")) {
            const bool refused = row.size() == 2;
            QTest::newRow(row.at(0).get<std::string>().c_str())
                << QByteArray::fromStdString(row.at(1).get<std::string>())
                << (refused ? QByteArray() : QByteArray::fromStdString(row.at(2).get<std::string>())) << refused;
        }
    }
    void theLanguageIsJinjas() {
        QFETCH(QByteArray, source);
        QFETCH(QByteArray, expected);
        QFETCH(bool, refused);
        const Json document = read_json(fixtures() / "jinja" / "language.json");
        std::string text;
        const Caught refusal = caught([&] { text = rendered(source.toStdString(), document.at("variables")); });
        QVERIFY2(refusal.thrown == refused, refused ? text.c_str() : refusal.message.c_str());
        if (refused)
            QVERIFY2(refusal.kind == ErrorKind::input && refusal.says("t.jinja: line 1: "), refusal.message.c_str());
        else
            QCOMPARE(text, expected.toStdString());
    }

    void refusalsNameThePlace_data() {
        QTest::addColumn<QByteArray>("source");
        QTest::addColumn<QByteArray>("says");
        const auto row = [](const char* name, const char* source, const char* says) {
            QTest::newRow(name) << QByteArray(source) << QByteArray(says);
        };
        row("its own words", "a\n{{ raise_exception('Roles must alternate') }}",
            "line 2: the template refuses the conversation: Roles must alternate. Change the conversation");
        row("unknown filter", "\n\n{{ messages | lengt }}",
            "line 3: the filter lengt is not supported. Did you mean length?");
        row("unknown test", "{{ 1 is stringg }}", "line 1: the test stringg is not supported. Did you mean string?");
        row("unknown function", "{{ now() }}", "the function now is unknown");
        row("unknown method", "{{ 'a'.encode() }}", "a string does not have a method encode");
        row("a method that changes", "{% set l = [] %}\n{{ l.append(1) }}",
            "line 2: append() would change its value, which templates must not do. In Jinja, +");
        row("unknown tag", "{% include 'x' %}",
            "the tag {% include %} is not supported. Chat templates may use if, for,");
        row("undefined", "a\n{% if messages[0].role == 'x' %}{% endif %}",
            "line 2: 'item 0' is undefined, and the template asks for its role");
        row("undefined by name", "{{ system.text }}", "'system' is undefined, and the template asks for its text");
        row("missing end", "{% if true %}\nx\n", "line 2: the template ends before {% endif %}");
        row("open tag", "x\n{{ 'a", "line 2: a string is not closed by its quote");
        row("arguments", "{{ 'a'|replace('b') }}", "the filter replace needs its argument new");
        row("macro arguments", "{% macro m(a) %}{% endmacro %}\n{{ m(b=1) }}",
            "line 2: the macro m does not take an argument b");
        row("types", "{{ 'a' + 1 }}", "the operator + does not go with a string and an integer");
        row("overflow", "{{ 9223372036854775807 + 1 }}", "the result of the operator + has more than 64 bits");
        row("a long literal", "{{ 9223372036854775808 }}", "the integer has more than 64 bits");
        row("namespace", "{% set d = {} %}{% set d.a = 1 %}",
            "the attribute a of d cannot be set. Only those of a namespace()");
        row("a lone surrogate", "{{ '\\ud800' }}", "an escape in a string does not name a character");
        row("control characters", "{{ raise_exception('a\x1b[31m\nb') }}", "conversation: a [31m b. Change");
    }
    void refusalsNameThePlace() {
        QFETCH(QByteArray, source);
        QFETCH(QByteArray, says);
        const Caught refusal = caught([&] { rendered(source.toStdString()); });
        QVERIFY2(refusal.thrown && refusal.kind == ErrorKind::input, "nothing is refused");
        QVERIFY2(refusal.message.starts_with("t.jinja: line ") && refusal.says(says.toStdString()),
                 refusal.message.c_str());
    }

    void whatATemplateKnows() {
        ChatContext context;
        context.special_tokens = {{"bos_token", "<s>"}};
        context.tools = Json::parse(R"([{"name": "f", "parameters": {"x": [1, 2.0, null, true, "é"]}}])");
        context.documents = Json::parse(R"([{"title": "T"}])");
        context.variables = {{"enable_thinking", false}};
        context.now = 86'400 * 20;
        const auto text = [&](const char* source) {
            return ChatTemplate::parse(source, "t").render(Json::parse(R"([{"role": "user"}])"), context);
        };
        QCOMPARE(text("{{ bos_token }}{{ eos_token }}{{ messages }}"), std::string("<s>[{'role': 'user'}]"));
        QCOMPARE(
            text("{{ tools[0].parameters.x }}{{ tools|tojson }}"),
            std::string(
                "[1, 2.0, None, True, 'é'][{\"name\": \"f\", \"parameters\": {\"x\": [1, 2.0, null, true, \"é\"]}}]"));
        QCOMPARE(text("{{ documents[0].title }}{{ enable_thinking is false }}{{ add_generation_prompt }}"),
                 std::string("TTrueFalse"));
        QCOMPARE(text("{{ strftime_now('%B %Y') }}"), std::string("January 1970"));
        QCOMPARE(ChatTemplate::parse("{{ tools is none }}", "t").render(Json::array(), {}), std::string("True"));
        // What is no UTF-8, or too deep, cannot come from a file and is dealt with all the same.
        QCOMPARE(ChatTemplate::parse("{{ messages[0] }}", "t").render(Json::array({"a\xff"}), {}),
                 std::string("a\uFFFD"));
        Json deep = 1;
        for (int i = 0; i < 200; ++i)
            deep = Json::array({deep});
        QVERIFY(caught([&] { ChatTemplate::parse("", "t").render(deep, {}); }).says("nested"));
        QVERIFY(caught([&] { ChatTemplate::parse("{{ \xff }}", "t"); }).says("not UTF-8"));
    }

    void nestingIsBounded_data() {
        QTest::addColumn<QByteArray>("source");
        const auto row = [](const char* name, const std::string& source) {
            QTest::newRow(name) << QByteArray::fromStdString(source);
        };
        constexpr std::size_t many = 100'000;
        for (const char* open : {"(", "[", "{", "not ", "-", "x(", "x[", "(a,", "1 if ", "x|f("})
            row(open, "{{ " + times(open, many / 2) + "1 }}");
        for (const char* link : {"+1", "**2", ".a", "[0]", "()", "|e", " is eq 1", " if 1 else 1"})
            row(link, "{{ x" + times(link, many / 3) + " }}");
        for (const char* tag : {"{% if 1 %}", "{% for x in y %}", "{% macro m() %}", "{% set x %}", "{% filter e %}"})
            row(tag, times(tag, many / 4));
        row("targets", "{% set " + times("(", many) + "a");
        row("size", std::string(ChatTemplate::max_bytes + 1, 'a'));
    }
    void nestingIsBounded() {
        QFETCH(QByteArray, source);
        const Caught refusal = caught([&] { rendered(source.toStdString()); });
        QVERIFY(refusal.thrown && refusal.kind == ErrorKind::input);
        QVERIFY2(refusal.message.size() < 2500, refusal.message.c_str());
    }

    void workIsBounded_data() {
        QTest::addColumn<QByteArray>("source");
        QTest::addColumn<QByteArray>("says");
        const auto row = [](const char* name, const std::string& source, const char* says) {
            QTest::newRow(name) << QByteArray::fromStdString(source) << QByteArray(says);
        };
        const char *work = "units of work", *size = "more than the limit of", *deep = "levels deep";
        row("range", "{{ range(10**9)|list }}", "range() has more than 100000 items");
        row("loops", "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}", work);
        row("repetition", "{{ 'a' * 10**9 }}", size);
        row("repetition beyond all sizes", "{{ 'ab' * 10**18 }}", size);
        row("repetition of lists", "{{ [0] * 10**9 }}", work);
        row("doubling", growing("'aaaaaaaa'", "ns.x + ns.x"), size);
        row("doubling by joining", growing("'aaaaaaaa'", "ns.x ~ ns.x"), size);
        row("doubling of lists", growing("[1]", "ns.x + ns.x"), work);
        row("quadratic growth", growing("''", "ns.x + 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'"), work);
        row("quadratic growth of lists", growing("[]", "ns.x + [i]"), work);
        row("replacements", growing("'a'", "ns.x|replace('a', 'aaaaaaaaaaaaaaaa')"), size);
        row("lists in lists", growing("[]", "[ns.x]"), deep);
        row("shared lists",
            "{% set ns = namespace(x=[1]) %}{% for i in range(90) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x "
            "}}",
            size);
        row("shared lists as keys",
            "{% set ns = namespace(x=(1,)) %}{% for i in range(90) %}{% set ns.x = (ns.x, ns.x) %}{% endfor %}{{ "
            "{ns.x: 1} }}",
            size);
        row("recursion", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", deep);
        row("recursion of a loop", "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}", deep);
        row("recursion with two calls",
            "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(60) }}", work);
        row("output", "{% for i in range(100000) %}{{ 'a' * 100000 }}{% endfor %}", size);
        row("width", "{{ 'a'.center(10**12) }}", size);
        row("width of a format", "{{ '%1000000000d' % 1 }}", "a width or precision of a format is more than");
        row("indentation", "{{ 'a\nb'|indent(10**12) }}", size);
        row("joining", "{{ ('b' * 1000000).join('a' * 100000) }}", size);
        row("separators", "{% for i in range(100000) %}{{ ('a,' * 100000).split(',')|length }}{% endfor %}", work);
        row("a search that always nearly succeeds",
            "{% set a = 'a' * 8000000 %}{% for i in range(100000) %}{{ a.find('a' * 250 ~ 'b') }}{% endfor %}", work);
        row("arguments", "{% set a = range(100000)|list %}{% for i in a %}{{ dict(*a) }}{% endfor %}", "is not a list");
        row("a long date", "{{ strftime_now('%Y' * 100000) }}", "a date of more than 500 bytes");
        row("batches", "{{ [1]|batch(10**12, 0)|list }}", work);
    }
    void workIsBounded() {
        QFETCH(QByteArray, source);
        QFETCH(QByteArray, says);
        forget_peak();
        const std::int64_t before = memory_kb("VmHWM");
        const Caught refusal = caught([&] { rendered(source.toStdString()); });
        const std::int64_t grown = memory_kb("VmHWM") - before;
        QVERIFY2(refusal.kind == ErrorKind::input && refusal.says(says.toStdString()), refusal.message.c_str());
        QVERIFY2(grown < most_grown_kb, std::to_string(grown).c_str());
    }

    void lesserLimitsHold() {
        QVERIFY(caught([] {
                    rendered("{% for i in range(100) %}{% endfor %}", {}, {100, 1000});
                }).says("100 units of work"));
        QVERIFY(caught([] { rendered("{{ 'a' * 1001 }}", {}, {100'000, 1000}); }).says("limit of 1000"));
        QCOMPARE(rendered("{{ 'a' * 5 }}", {}, {100'000, 1000}), std::string("aaaaa"));
    }

    // Any change of a template ends in a text or in an error of this kind.
    void spoiltTemplatesEnd() {
        const Json document = read_json(fixtures() / "jinja" / "language.json");
        const auto& rows = document.at("rows");
        Mutator mutator(20);
        int rendered_well = 0;
        for (int i = 0; i < 5000; ++i) {
            const std::string source = mutator.changed(rows[mutator.below(rows.size())].at(1).get<std::string>());
            try {
                rendered(source, document.at("variables"), {100'000, 1u << 20});
                ++rendered_well;
            } catch (const Error& error) {
                QVERIFY2(error.kind() == ErrorKind::input, error.what());
            }
        }
        QVERIFY(rendered_well > 500 && rendered_well < 4500);
    }
};

DIAPASON_TEST(TestChatTemplate)
#include "test_chat_template.moc"
