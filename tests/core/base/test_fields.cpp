// Objects read field by field: types, ranges, unknown names, and all problems at once with their addresses.

#include "core/base/fields.h"
#include "core/base/words.h"
#include "tests/support/test_support.h"

using namespace diapason;
using namespace diapason::testing;

class TestFields : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void valuesComeWithTheirType() {
        const Json document = {{"text", "a"},         {"count", 3},         {"on", true},
                               {"names", {"x", "y"}}, {"of", {{"k", "v"}}}, {"nothing", nullptr}};
        std::vector<Problem> problems;
        {
            Fields fields(document, "", problems);
            QCOMPARE(fields.text("text", "b"), std::string("a"));
            QCOMPARE(fields.needed_text("text"), std::string("a"));
            QCOMPARE(fields.integer("count", 1, 0, 10), std::int64_t(3));
            QVERIFY(fields.flag("on", false));
            QCOMPARE(fields.texts("names"), (std::vector<std::string>{"x", "y"}));
            QCOMPARE(fields.named_texts("of").front().second, std::string("v"));
            QCOMPARE(fields.text("nothing", "fallback"), std::string("fallback")); // null counts as absent
            QCOMPARE(fields.integer("absent", 7, 0, 10), std::int64_t(7));
            QVERIFY(fields.list("absent").empty() && fields.object("absent").empty());
        }
        QVERIFY(problems.empty());
    }

    void wrongTypesAndRangesAreSaid_data() {
        QTest::addColumn<std::string>("value");
        for (const char* value : {"1.5", "\"3\"", "11", "-1", "true", "[3]", "18446744073709551615", "1e400"})
            QTest::newRow(value) << std::string(value);
    }
    void wrongTypesAndRangesAreSaid() {
        QFETCH(std::string, value);
        const Json number = Json::parse(value, nullptr, false);
        if (number.is_discarded()) return; // no JSON at all
        const Json document = {{"count", number}};
        std::vector<Problem> problems;
        QCOMPARE(Fields(document, "outer", problems).integer("count", 5, 0, 10), std::int64_t(5));
        QCOMPARE(problems.size(), std::size_t(1));
        QCOMPARE(problems.front().field.text(), std::string("outer.count"));
        QVERIFY(!problems.front().value.empty());
    }

    void unknownFieldsOfferTheNearest() {
        const Json document = {{"titel", 1}, {"zzzzzzzz", 2}};
        std::vector<Problem> problems;
        Fields(document, "a[0]", problems).text("title", "");
        QCOMPARE(problems.size(), std::size_t(2));
        QCOMPARE(problems[0].field.text(), std::string("a[0].titel"));
        QVERIFY(problems[0].remedy.find("title") != std::string::npos);
        QVERIFY(problems[1].remedy.empty());
    }

    void whatIsNoObjectIsOneProblem() {
        const Json document = {1, 2};
        std::vector<Problem> problems;
        {
            Fields fields(document, "methods[1]", problems);
            QCOMPARE(fields.text("title", "x"), std::string("x"));
        }
        QCOMPARE(problems.size(), std::size_t(1));
        QCOMPARE(problems.front().field.text(), std::string("methods[1]"));
    }

    void longValuesAreCut() {
        const Json document = {{"title", std::vector<int>(100'000, 7)}};
        std::vector<Problem> problems;
        Fields(document, "", problems).text("title", "");
        QVERIFY(problems.front().value.size() < 300);
    }

    void namesAreJoinedAndOffered() {
        QCOMPARE(joined({"a", "b", "c"}), std::string("a, b, c"));
        QCOMPARE(joined({"a", "b", "c"}, 2), std::string("a, b, …"));
        QCOMPARE(joined({}), std::string());
        QCOMPARE(did_you_mean("acuracy", {"accuracy", "bleu"}), std::string("Did you mean accuracy?"));
        QCOMPARE(did_you_mean("zzzzzzz", {"accuracy"}, "See there"), std::string("See there"));
        // A name that nobody sees is none to offer, and endless ones are not compared.
        QCOMPARE(did_you_mean("ab", {"", " ", "\t"}), std::string());
        QCOMPARE(did_you_mean(std::string(1 << 20, 'a'), {std::string(4 << 20, 'a')}), std::string());
        QCOMPARE(plain_text("a"), std::string("a"));
        QCOMPARE(plain_text(0.5), std::string("0.5"));
    }
};

DIAPASON_TEST(TestFields)
#include "test_fields.moc"
