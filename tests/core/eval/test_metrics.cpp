// Metrics against scikit-learn, rouge_score and sacreBLEU; undefined values are empty.

#include "core/eval/metrics.h"
#include "tests/support/test_support.h"

#include <algorithm>
#include <cmath>

using namespace diapason;
using namespace diapason::testing;

namespace {

bool close(double a, double b, double tolerance = 1e-9) {
    return std::abs(a - b) <= tolerance * std::max(1.0, std::abs(b));
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

/// Hypotheses and first references of an input; empty when an item has several references.
struct Texts {
    std::vector<std::string> hypotheses, references;
    bool single = true;
};
Texts texts_of(const Json& input) {
    Texts texts;
    texts.hypotheses = input["hyps"].get<std::vector<std::string>>();
    for (const Json& references : input["refs"]) {
        texts.single = texts.single && references.size() == 1;
        texts.references.push_back(references[0].get<std::string>());
    }
    return texts;
}

} // namespace

class TestMetrics : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void smallCasesByHand() {
        QCOMPARE(*classification_metric("accuracy", {0, 1, 1, 2}, {0, 1, 2, 2}, 3), 0.75);
        QVERIFY(!classification_metric("accuracy", {}, {}, 3));
        QCOMPARE(*classification_metric("matthews", {0, 0, 0}, {0, 1, 0}, 2), 0.0);
        QVERIFY(!text_metric("bleu", {}, {}));
        QCOMPARE(rouge_l("the cat sat", "the cat sat"), 1.0);
        QCOMPARE(rouge_l("", "the cat"), 0.0);
        // LCS "the cat" = 2: P 2/3, R 2/4.
        QVERIFY(close(rouge_l("the fat cat", "the cat sat down"), 2 * (2. / 3) * 0.5 / (2. / 3 + 0.5)));
        QVERIFY(caught([] { metric_info("acuracy"); }).says("accuracy"));
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
                const auto value = classification_metric(ours, predictions, labels, n);
                const bool good = expected[theirs].is_null() ? !value : value && close(*value, expected[theirs]);
                if (!good && ++wrong < 5) qWarning("%s %s", line["id"].get<std::string>().c_str(), ours);
            }
        });
        QCOMPARE(wrong, 0);
        QVERIFY(count > 10);
    }

    void rougeAgrees() {
        const auto folder = fixtures() / "metric";
        int wrong = 0, compared = 0;
        for_each_line(folder / "rouge", [&](const Json& line) {
            if (line["metric"] != "rouge" || line["params"].value("stemmer", false)) return;
            if (line["params"].value("references", "first") != "first") return;
            Json input;
            if (line.contains("input") && line["input"].is_string())
                input = read_json(folder / "rouge" / line["inputs_file"].get<std::string>(), 64u << 20)
                            .at(line["input"].get<std::string>());
            else
                input = line;
            if (!input.contains("hyps")) return;
            const Texts texts = texts_of(input);
            const auto value = text_metric("rouge_l", texts.hypotheses, texts.references);
            const Json& expected = line["expected"];
            if (!expected.contains("rougeL") || !expected["rougeL"].contains("fmeasure")) return;
            ++compared;
            if (!value || !close(*value, expected["rougeL"]["fmeasure"])) {
                if (++wrong < 5) qWarning("%s", line["id"].get<std::string>().c_str());
            }
        });
        QCOMPARE(wrong, 0);
        QVERIFY(compared > 0);
    }

    void bleuAgrees() {
        const auto folder = fixtures() / "metric";
        const Json inputs = read_json(folder / "bleu" / "inputs.json", 64u << 20);
        int wrong = 0, compared = 0;
        for_each_line(folder / "bleu", [&](const Json& line) {
            if (line["metric"] != "bleu" || !line["params"].empty() || !line.contains("input")) return;
            const Texts texts = texts_of(inputs.at(line["input"].get<std::string>()));
            if (!texts.single) return; // one reference per text is what there is
            ++compared;
            const auto value = text_metric("bleu", texts.hypotheses, texts.references);
            if (!value || !close(100 * *value, line["expected"]["score"])) {
                if (++wrong < 5) qWarning("%s", line["id"].get<std::string>().c_str());
            }
        });
        QCOMPARE(wrong, 0);
        QVERIFY(compared > 0);
    }
};

QTEST_GUILESS_MAIN(TestMetrics)
#include "test_metrics.moc"
