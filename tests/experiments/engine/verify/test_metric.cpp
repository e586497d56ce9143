// Golden cases of metrics, against sacreBLEU, rouge_score, NLTK, scikit-learn, SciPy and seqeval.

#include "experiments/engine/verify/verify.h"
#include "tests/support/test_support.h"
#include "tests/support/verified.h"

using namespace diapason;
using namespace diapason::testing;

class TestMetric : public QObject {
    Q_OBJECT
private Q_SLOTS:
    // The clone holds some cases of every group; all of them run where they are at hand.
    void everyCasePasses_data() {
        QTest::addColumn<QString>("folder");
        QTest::addColumn<int>("at_least");
        QTest::newRow("clone") << QString::fromStdString((fixtures() / "metric").string()) << 2800;
        if (const auto all = shared_material("fixtures/metric")) {
            for (const auto& [group, values] : {std::pair{"bleu", 1482},
                                                {"chrf", 216},
                                                {"classification", 473},
                                                {"correlation", 126},
                                                {"meteor", 26},
                                                {"nist", 26},
                                                {"perplexity", 88},
                                                {"porter", 1565},
                                                {"qa", 692},
                                                {"rouge", 228},
                                                {"spans", 437},
                                                {"ter", 243}})
                QTest::newRow(group) << QString::fromStdString((*all / group).string()) << values;
        }
    }
    void everyCasePasses() {
        QFETCH(QString, folder);
        QFETCH(int, at_least);
        const auto [result, failures] = verified(folder.toStdString());
        QVERIFY2(result.failed == 0, failures.c_str());
        QVERIFY2(result.passed >= at_least, std::to_string(result.passed).c_str());
    }

    // One case that is right and then wrong in what it expects.
    void aWrongExpectationIsNoticed_data() {
        QTest::addColumn<QString>("field");
        QTest::addColumn<QString>("value");
        QTest::addColumn<int>("failed");
        const auto row = [](const char* name, const char* field, const char* value, int failed) {
            QTest::newRow(name) << QString::fromLatin1(field) << QString::fromLatin1(value) << failed;
        };
        row("right", "", "", 0);
        row("a number", "/expected/score", "58.0", 1);
        row("undefined", "/expected/score", "null", 1);
        row("a list's number", "/expected/counts", "[5, 3, 2, 0]", 1);
        row("a shorter list", "/expected/counts", "[5, 3, 2]", 1);
        row("another version", "/expected/signature", "\"nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:9.9\"",
            0);
        row("another signature", "/expected/signature", "\"nrefs:1|case:lc|eff:no|tok:13a|smooth:exp|version:9.9\"", 1);
        row("an unknown value", "/expected/ratio", "1", 1);
        row("an unknown parameter", "/params/stopwords", "true", 1);
        row("an unknown metric", "/metric", "\"bleurt\"", 1);
        row("no data", "/refs", "null", 1);
    }
    void aWrongExpectationIsNoticed() {
        QFETCH(QString, field);
        QFETCH(QString, value);
        QFETCH(int, failed);
        TemporaryFolder folder;
        Json line = Json::parse(R"({"id": "x", "metric": "bleu", "params": {}, "hyps": ["a b c d e"],
            "refs": [["a b c d f"]], "expected": {"score": 66.8740304976422, "counts": [4, 3, 2, 1], "sys_len": 5,
            "signature": "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0"}})");
        if (!field.isEmpty()) line[Json::json_pointer(field.toStdString())] = Json::parse(value.toStdString());
        write_text(folder / "case/case.json", R"({"kind": "metric", "cases": "cases.jsonl", "tolerance": 1e-9})");
        write_text(folder / "case/cases.jsonl", line.dump() + "\n");
        std::string lines;
        const auto result =
            verify_cases(folder.path(), "", "cpu", [&](const std::string& text) { lines += text + "\n"; });
        QVERIFY2(result.failed == failed, lines.c_str());
        QVERIFY(result.passed + result.failed > 0);
    }
};

DIAPASON_TEST(TestMetric)
#include "test_metric.moc"
