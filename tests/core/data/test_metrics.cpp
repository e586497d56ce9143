// The table of metrics: words, signatures, stored names; classes against scikit-learn.

#include "core/data/metrics.h"
#include "tests/support/test_support.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <type_traits>

using namespace diapason;
using namespace diapason::testing;

namespace {

std::optional<double> of_classes(const std::string& metric, std::vector<std::int64_t> predicted,
                                 std::vector<std::int64_t> expected, std::int64_t classes) {
    return score(metric_info(metric), ClassOutcomes{std::move(predicted), std::move(expected), classes});
}

std::optional<double> of_texts(const std::string& metric, std::vector<std::string> hypotheses,
                               std::vector<std::string> references) {
    TextOutcomes texts{std::move(hypotheses), {}};
    for (std::string& reference : references)
        texts.references.push_back({std::move(reference)});
    return score(metric_info(metric), texts);
}

/// Calls `check(line)` for every line of a group; returns how many there were.
template <typename Check>
int for_each_line(const std::filesystem::path& folder, Check&& check) {
    std::ifstream lines(folder / "cases.jsonl");
    std::string raw;
    int count = 0;
    while (std::getline(lines, raw)) {
        check(parse_json(raw, "cases.jsonl"));
        ++count;
    }
    return count;
}

} // namespace

class TestMetrics : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void smallCasesByHand() {
        QCOMPARE(*of_classes("accuracy", {0, 1, 1, 2}, {0, 1, 2, 2}, 3), 0.75);
        QVERIFY(!of_classes("accuracy", {}, {}, 3));
        QCOMPARE(*of_classes("matthews", {0, 0, 0}, {0, 1, 0}, 2), 0.0);
        QVERIFY(!of_texts("bleu", {}, {}));
        QVERIFY(caught([] { metric_info("acuracy"); }).says("accuracy"));
    }

    // A row without a function is no row at all.
    void aRowNeedsItsFunction() {
        static_assert(!std::is_default_constructible_v<MetricInfo>);
        static_assert(!std::is_default_constructible_v<MakerOf<ClassOutcomes>>);
        static_assert(!std::is_constructible_v<MakerOf<ClassOutcomes>, std::nullptr_t>);
        std::set<std::string> names, signatures;
        for (const MetricInfo& metric : metric_catalog()) {
            names.insert(metric.name);
            signatures.insert(metric_signature(metric));
            QVERIFY(!metric.label.empty() && !metric.help.empty() && metric.direction != Direction::none);
        }
        QCOMPARE(names.size(), metric_catalog().size());
        QCOMPARE(signatures.size(), metric_catalog().size());
        QVERIFY(caught([&] { metric_info("f1"); }).thrown);
        QVERIFY_THROWS_EXCEPTION(std::logic_error, score(metric_info("bleu"), ClassOutcomes{}));
    }

    // They are part of what a stored run is compared by.
    void storedSignaturesStay() {
        QCOMPARE(metric_signature(metric_info("accuracy")), std::string("accuracy|version:1"));
        QCOMPARE(metric_signature(metric_info("macro_f1")),
                 std::string("macro_f1|average:macro|classes:present|version:1"));
        QCOMPARE(metric_signature(metric_info("matthews")), std::string("matthews|constant:0|version:1"));
        QCOMPARE(metric_signature(metric_info("rouge_l")),
                 std::string("rouge_l|nrefs:1|case:lc|tok:[a-z0-9]+|stem:no|average:items|version:1"));
        QCOMPARE(metric_signature(metric_info("bleu")),
                 std::string("bleu|nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:1"));
    }

    void aSignatureTellsWhatSacrebleuLeavesOut() {
        const MetricInfo& bleu = metric_info("bleu");
        std::vector<Problem> problems;
        const OptionValues options = OptionValues::from_json(
            bleu.options, {{"max_ngram_order", 2}, {"smooth_method", "floor"}, {"smooth_value", 0.125}}, "", problems);
        QVERIFY(problems.empty());
        QCOMPARE(
            metric_signature(bleu, options, "var"),
            std::string("bleu(max_ngram_order=2)|nrefs:var|case:mixed|eff:no|tok:13a|smooth:floor[0.125]|version:1"));
        QCOMPARE(reference_count(TextOutcomes{{"a", "b"}, {{"a", "b"}, {"c", "d"}}}), std::string("2"));
        QCOMPARE(reference_count(TextOutcomes{{"a", "b"}, {{"a", "b"}, {"c"}}}), std::string("var"));
        QCOMPARE(reference_count(ClassOutcomes{}), std::string("1"));
    }

    void theBetterValueFollowsTheDirection() {
        const MeasureInfo accuracy = measure_info("accuracy"), loss = measure_info(measure::loss);
        QVERIFY(better(accuracy, 0.8, 0.7) && !better(accuracy, 0.7, 0.8) && !better(accuracy, 0.7, 0.7));
        QVERIFY(better(loss, 0.7, 0.8) && !better(loss, 0.8, 0.7));
        QVERIFY(better(loss, 1e30, std::nan("")) && !better(loss, std::nan(""), 0.1));
        QVERIFY(!better(accuracy, std::nan(""), std::nan("")));
        QVERIFY(!better(measure_info(measure::learning_rate), 1, 2));
    }

    void wordsComeFromTheTable() {
        QCOMPARE(heading_of(MetricName{"validation", "", "macro_f1"}), std::string("Validation macro F1"));
        QCOMPARE(heading_of(MetricName{"ood", "", "rouge_l"}), std::string("Out-of-domain ROUGE-L"));
        QCOMPARE(heading_of(MetricName{"test", "rte", "accuracy"}), std::string("Test accuracy (rte)"));
        QCOMPARE(heading_of(MetricName{"system", "", measure::tokens_per_second}), std::string("Tokens per second"));
        QCOMPARE(heading_of(metric_info("bleu")), std::string("BLEU"));
        QCOMPARE(measure_info(measure::mean_of_members("accuracy")).label, std::string("accuracy of the members"));
        QCOMPARE(measure_info(measure::best_member("accuracy")).scale, 100.0);
        QCOMPARE(heading_of(measure_info("of_another_version")), std::string("Of another version"));
    }

    void namesAreComposedAtTheEdge() {
        QCOMPARE(text_of({"validation", "", "accuracy"}), std::string("validation/accuracy"));
        QCOMPARE(text_of({"validation", "rte", "accuracy"}), std::string("validation/rte/accuracy"));
        const std::vector<MetricValue> values = {{{"test", "a/b", "x/y"}, 1.0 / 3},
                                                 {{"test", "", "loss"}, std::nan("")}};
        const auto read = metric_values_from(parse_json(to_json(values).dump(), "summary"));
        QCOMPARE(read.size(), std::size_t(1)); // not finite: there, but no number
        QVERIFY(read.front().name == values.front().name && read.front().value == values.front().value);
        for (const char* wrong : {"[1]", "[{}]", R"([{"split": "a", "dataset": 1, "metric": "b", "value": 1}])"})
            QVERIFY2(caught([&] { metric_values_from(Json::parse(wrong)); }).thrown, wrong);
    }

    void classificationAgrees() {
        const auto folder = fixtures() / "metric";
        int wrong = 0;
        const int count = for_each_line(folder / "classification", [&](const Json& line) {
            if (line["metric"] != "classification") return;
            const Json& expected = line["expected"];
            // Classes are numbered as they stand in the case's own list.
            const Json& classes = expected["classes"];
            const auto numbered = [&](const Json& list) {
                std::vector<std::int64_t> numbers;
                for (const Json& one : list)
                    numbers.push_back(std::find(classes.begin(), classes.end(), one) - classes.begin());
                return numbers;
            };
            const auto labels = numbered(line["labels"]), predictions = numbered(line["predictions"]);
            const auto n = std::int64_t(classes.size());
            for (const auto& [ours, theirs] :
                 {std::pair{"accuracy", "accuracy"}, {"macro_f1", "macro_f1"}, {"matthews", "mcc"}}) {
                const auto value = of_classes(ours, predictions, labels, n);
                const bool good = expected[theirs].is_null() ? !value : value && close(*value, expected[theirs]);
                if (!good && ++wrong < 5) qWarning("%s %s", line["id"].get<std::string>().c_str(), ours);
            }
        });
        QCOMPARE(wrong, 0);
        QVERIFY(count > 10);
    }
};

DIAPASON_TEST(TestMetrics)
#include "test_metrics.moc"
