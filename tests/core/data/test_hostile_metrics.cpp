// slow
// Texts that nobody writes: very long, of one word or of none, not UTF-8. Every metric ends with a value or without
// one; what never ended would meet the test's time limit.

#include "core/data/metrics.h"
#include "tests/support/test_support.h"

#include <algorithm>
#include <cmath>

using namespace diapason;
using namespace diapason::testing;

namespace {

constexpr int many = 100'000;

std::string repeated(const std::string& part, int times) {
    std::string text;
    for (int i = 0; i < times; ++i)
        text += part;
    return text;
}

// Words out of a few or of many, the same each time.
std::string words(int count, unsigned different, unsigned seed, char between = ' ') {
    std::string text;
    for (int i = 0; i < count; ++i) {
        seed = seed * 1664525u + 1013904223u;
        text += "w" + std::to_string((seed >> 8) % different) + between;
    }
    return text;
}

struct Pair {
    const char* name;
    std::string hypothesis, reference;
};

const std::vector<Pair>& pairs() {
    static const std::vector<Pair> table = [] {
        const std::string a = words(many, 50'000, 1), b = words(many, 50'000, 2);
        return std::vector<Pair>{
            {"other words", a, b},
            {"few words", words(many, 20, 3), words(many, 20, 4)},
            {"halves changed", a.substr(a.size() / 2) + a.substr(0, a.size() / 2), a},
            {"one word", repeated("a ", many), repeated("a ", many - 1)},
            {"far shorter", "w1 w2", a},
            {"far longer", a, "w1 w2"},
            {"lines", words(many, 7, 5, '\n'), words(many, 7, 6, '\n')},
            {"lines that share a word", repeated("a x\na y z\n", many / 4), repeated("a q\nr a\n", many / 4)},
            {"a megabyte of one character", std::string(1 << 20, 'a'), std::string(1 << 20, 'a') + "b"},
            {"a megabyte of points", std::string(1 << 20, '.'), std::string(1 << 20, ',')},
            {"a megabyte of white space", std::string(1 << 20, ' '), std::string(1 << 20, '\t')},
            {"escapes of escapes", repeated("&amp;amp;-\n<skipped>", many / 4), "x"},
            {"no UTF-8", std::string(1 << 20, '\xff'), repeated("\xc3 \xe2\x82", many)},
            {"NUL and marks", std::string(1000, '\0') + repeated("\xcc\x81", many), repeated("\xcc\x81", many)},
        };
    }();
    return table;
}

} // namespace

class TestHostileMetrics : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void anyTextHasAnEnd_data() {
        QTest::addColumn<int>("pair");
        QTest::addColumn<QString>("metric");
        for (int i = 0; i < int(pairs().size()); ++i) {
            for (const std::string& metric : metric_names(OutcomeKind::texts)) {
                if (metric.rfind("sentence_", 0) == 0) continue; // one item is judged the same way
                QTest::addRow("%s, %s", pairs()[std::size_t(i)].name, metric.c_str())
                    << i << QString::fromStdString(metric);
            }
        }
    }
    void anyTextHasAnEnd() {
        QFETCH(int, pair);
        QFETCH(QString, metric);
        const Pair& of = pairs()[std::size_t(pair)];
        const auto value = score(metric_info(metric.toStdString()), TextOutcomes{{of.hypothesis}, {{of.reference}}});
        QVERIFY(!value || (std::isfinite(*value) && *value >= 0));
        QVERIFY(memory_kb("VmHWM") < 4 << 20);
    }

    void everyTokenizerTakesAnyText_data() {
        QTest::addColumn<int>("pair");
        QTest::addColumn<QString>("metric");
        QTest::addColumn<QString>("options");
        for (int i = 0; i < int(pairs().size()); ++i) {
            const Pair& of = pairs()[std::size_t(i)];
            for (const char* tokenizer : {"intl", "char", "none"})
                QTest::addRow("%s, %s", of.name, tokenizer)
                    << i << "bleu"
                    << QStringLiteral(R"({"tokenize": "%1", "lowercase": true, "max_ngram_order": 2})")
                           .arg(QLatin1String(tokenizer));
            // Its search among many words is as long with these options as without.
            if (std::count(of.hypothesis.begin(), of.hypothesis.end(), ' ') < many / 2)
                QTest::addRow("%s, tercom", of.name)
                    << i << "ter"
                    << R"({"normalized": true, "no_punct": true, "asian_support": true})";
        }
    }
    void everyTokenizerTakesAnyText() {
        QFETCH(int, pair);
        QFETCH(QString, metric);
        QFETCH(QString, options);
        const Pair& of = pairs()[std::size_t(pair)];
        const Outcomes outcomes = TextOutcomes{{of.hypothesis}, {{of.reference}}};
        const MetricInfo& info = metric_info(metric.toStdString());
        std::vector<Problem> problems;
        const OptionValues values =
            OptionValues::from_json(info.options, Json::parse(options.toStdString()), "", problems);
        QVERIFY(problems.empty() && scorer_of(info, outcomes, values)->score().value);
    }

    void manyItemsAndClasses() {
        ClassOutcomes classes;
        classes.classes = many;
        TagOutcomes tags;
        NumberOutcomes numbers;
        for (int i = 0; i < many; ++i) {
            classes.predicted.push_back(i);
            classes.expected.push_back(i % 2 == 0 ? i : 0);
            tags.predicted.push_back({"B-" + std::to_string(i)});
            tags.expected.push_back({"B-" + std::to_string(i / 2 * 2)});
            numbers.predicted.push_back(i % 1000);
            numbers.expected.push_back(i % 999);
        }
        QCOMPARE(score(metric_info("accuracy"), classes), std::optional(0.5));
        for (const char* metric : {"macro_f1", "matthews", "cohen_kappa"})
            QVERIFY(score(metric_info(metric), classes));
        QVERIFY(score(metric_info("span_macro_f1"), tags));
        for (const char* metric : {"pearson", "spearman", "kendall"})
            QVERIFY(score(metric_info(metric), numbers));
    }

    // Tags that no scheme has are spans of their own under conlleval.
    void oddTags() {
        const TagOutcomes tags{{{"", "-", "B", "I-", "X-Y", "O-O", "B--", "\xff"}},
                               {{"O", "O", "O", "O", "O", "O", "O", "O"}}};
        QCOMPARE(score(metric_info("span_recall"), tags), std::optional(0.0));
        QVERIFY(score(metric_info("span_macro_f1"), tags));
    }
};

DIAPASON_TEST(TestHostileMetrics)
#include "test_hostile_metrics.moc"
