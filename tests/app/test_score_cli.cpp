// diapason-cli score and metrics: values, signatures, and messages about what is wrong.

#include "core/base/json.h"
#include "core/data/metrics.h"
#include "tests/support/program.h"

using namespace diapason;
using namespace diapason::testing;

class TestScoreCli : public QObject {
    Q_OBJECT

    TemporaryFolder m_folder;

    Outcome cli(const QString& line) const {
        return run_cli(m_folder.path(), line.split(QLatin1Char(' '), Qt::SkipEmptyParts));
    }

private Q_SLOTS:
    void initTestCase() {
        write_text(m_folder / "pred.txt", "the cat sat on the mat\na dog\n");
        write_text(m_folder / "ref.txt", "the cat sat on the mat\nthe dog\n");
        write_text(m_folder / "other.txt", "a cat\na dog\n");
        write_text(m_folder / "short.txt", "one line\n");
        write_text(m_folder / "logs.txt", "-1 -1\n");
        write_text(m_folder / "tags.txt", "B-X O\nS-X\n");
    }

    void valuesWithTheirSignatures() {
        const Outcome table = cli(QStringLiteral("score --metric exact_match,bleu --pred pred.txt --ref ref.txt"));
        QVERIFY2(table.code == 0 && table.says("50.000 %") && table.says("2 items"), table.error.c_str());
        QVERIFY(table.says("bleu|nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:1"));
        const Outcome json = cli(QStringLiteral("score --metric bleu --pred pred.txt --ref ref.txt --ref other.txt "
                                                "--param lowercase=true --param bleu.max_ngram_order=2 --json"));
        QVERIFY2(json.code == 0, json.error.c_str());
        const Json list = parse_json(json.out, "score");
        QCOMPARE(list.size(), std::size_t(1));
        QCOMPARE(list[0]["value"].get<double>(), 1.0);
        QCOMPARE(list[0]["items"].get<int>(), 2);
        QVERIFY(list[0]["signature"].get<std::string>().starts_with("bleu(max_ngram_order=2)|nrefs:2|case:lc|"));
        QVERIFY(list[0]["parts"].contains("bp"));
        const Outcome alone = cli(QStringLiteral("score --metric perplexity --pred logs.txt"));
        QVERIFY2(alone.code == 0 && alone.says("2.7183"), (alone.out + alone.error).c_str());
        const Outcome undefined = cli(QStringLiteral("score --metric nist --pred short.txt --ref short.txt"));
        QVERIFY2(undefined.code == 0 && undefined.says("undefined"), undefined.out.c_str());
    }

    void whatIsWrongIsSaid_data() {
        QTest::addColumn<QString>("line");
        QTest::addColumn<int>("code");
        QTest::addColumn<QString>("says");
        const auto row = [](const char* name, const char* line, int code, const char* says) {
            QTest::newRow(name) << QStringLiteral("score ") + QLatin1String(line) << code << QString::fromLatin1(says);
        };
        row("no such metric", "--metric blue --pred pred.txt --ref ref.txt", 2, "bleu");
        row("no such parameter", "--metric bleu --param lowercas=true --pred pred.txt --ref ref.txt", 2, "lowercase");
        row("another's parameter", "--metric bleu --param ter.no_punct=true --pred pred.txt --ref ref.txt", 2,
            "ter.no_punct");
        row("no value", "--metric bleu --param lowercase --pred pred.txt --ref ref.txt", 2, "NAME=VALUE");
        row("a value of another type", "--metric bleu --param max_ngram_order=many --pred pred.txt --ref ref.txt", 2,
            "whole number");
        row("no choice", "--metric bleu --param tokenize=moses --pred pred.txt --ref ref.txt", 2, "13a");
        row("no references", "--metric bleu --pred pred.txt", 2, "--ref");
        row("no predictions", "--metric bleu --ref ref.txt", 2, "--pred");
        row("no such file", "--metric bleu --pred nothing.txt --ref ref.txt", 3, "nothing.txt");
        row("fewer lines", "--metric bleu --pred pred.txt --ref short.txt", 3, "short.txt");
        row("no tag of the scheme", "--metric span_f1 --param scheme=IOB2 --pred tags.txt --ref tags.txt", 3,
            "tags.txt: reference 2, tag = S-X");
        row("no numbers", "--metric pearson --pred pred.txt --ref ref.txt", 3, "line 1: is not a number");
    }
    void whatIsWrongIsSaid() {
        QFETCH(QString, line);
        QFETCH(int, code);
        QFETCH(QString, says);
        const Outcome outcome = cli(line);
        QVERIFY2(outcome.code == code && outcome.error.find(says.toStdString()) != std::string::npos,
                 outcome.error.c_str());
        QVERIFY(outcome.out.empty());
    }

    void metricsAreListed() {
        const Outcome json = cli(QStringLiteral("metrics --json"));
        QCOMPARE(json.code, 0);
        QCOMPARE(parse_json(json.out, "metrics").size(), metric_catalog().size());
        const Outcome text = cli(QStringLiteral("metrics"));
        for (const MetricInfo& metric : metric_catalog())
            QVERIFY2(text.says(metric.name + "  (compares "), metric.name.c_str());
        QVERIFY(text.says("max_ngram_order = 4"));
    }
};

DIAPASON_TEST(TestScoreCli)
#include "test_score_cli.moc"
