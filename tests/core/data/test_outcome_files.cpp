// Files of predictions and references: what their lines become, and what is said of those that cannot be used.

#include "core/data/metrics.h"
#include "core/data/metrics/outcome_files.h"
#include "tests/support/test_support.h"

using namespace diapason;
using namespace diapason::testing;

class TestOutcomeFiles : public QObject {
    Q_OBJECT

    TemporaryFolder m_folder;

    std::filesystem::path file(const std::string& name, const std::string& text) const {
        write_text(m_folder / name, text);
        return m_folder / name;
    }
    template <class Of>
    Of read(OutcomeKind kind, const std::string& predictions, const std::vector<std::string>& references,
            const std::string& ending = ".txt") const {
        std::vector<std::filesystem::path> files;
        for (const std::string& text : references)
            files.push_back(file("ref" + std::to_string(files.size()) + ending, text));
        return std::get<Of>(read_outcomes(kind, file("pred" + ending, predictions), files));
    }

private Q_SLOTS:
    void labels() {
        const auto plain = read<ClassOutcomes>(OutcomeKind::classes, "no\nmaybe\nyes\n", {"no\nyes\nyes\n"});
        QCOMPARE(plain.names, (std::vector<std::string>{"no", "yes", "maybe"}));
        QCOMPARE(plain.predicted, (std::vector<std::int64_t>{0, 2, 1}));
        QCOMPARE(plain.classes, std::int64_t(2));
        const auto json = read<ClassOutcomes>(OutcomeKind::classes, "1\n{\"id\": 7, \"pred\": true}\n",
                                              {"{\"ref\": \"1\"}\n\"false\"\n"}, ".jsonl");
        QCOMPARE(json.names, (std::vector<std::string>{"1", "false", "true"}));
    }

    void texts() {
        const auto plain = read<TextOutcomes>(OutcomeKind::texts, "a b\r\n\n", {"x\ny\n", "z\n\n"});
        QCOMPARE(plain.hypotheses, (std::vector<std::string>{"a b", ""}));
        QCOMPARE(plain.references[0], (std::vector<std::string>{"x", "z"}));
        QCOMPARE(plain.references[1], (std::vector<std::string>{"y", ""}));
        const auto json = read<TextOutcomes>(OutcomeKind::texts, "\"a\\nb\"\n{\"pred\": \"c\"}\n",
                                             {"[\"x\", \"y\"]\n{\"ref\": [\"z\"]}\n", "null\n\"w\"\n"}, ".jsonl");
        QCOMPARE(json.hypotheses[0], std::string("a\nb"));
        QCOMPARE(json.references[0], (std::vector<std::string>{"x", "y"}));
        QCOMPARE(json.references[1], (std::vector<std::string>{"z", "w"}));
    }

    void otherForms() {
        QCOMPARE(read<NumberOutcomes>(OutcomeKind::numbers, " 1.5 \n-2e1\n", {"1\n2\n"}).predicted,
                 (std::vector<double>{1.5, -20}));
        QCOMPARE(read<TagOutcomes>(OutcomeKind::tags, "B-A  O\n\n", {"O\tO\n\n"}).predicted[0],
                 (std::vector<std::string>{"B-A", "O"}));
        const auto sets =
            read<SetOutcomes>(OutcomeKind::sets, "[\"b\", \"a\"]\n[]\n",
                              {"{\"ref\": [\"a\"], \"choices\": 3}\n{\"ref\": [], \"choices\": 2}\n"}, ".jsonl");
        QCOMPARE(sets.predicted[0], (std::vector<std::int64_t>{1, 0}));
        QCOMPARE(sets.choices, (std::vector<std::int64_t>{3, 2}));
        const auto ranks = read<RankOutcomes>(OutcomeKind::ranks, "Paris\tNew York\nx\n", {"New York\tRome\ny\n"});
        QCOMPARE(ranks.ranks, (std::vector<std::int64_t>{2, 0}));
        const auto sure = read<ConfidenceOutcomes>(OutcomeKind::confidences,
                                                   "{\"pred\": \"a\", \"confidence\": 0.75}\n", {"\"b\"\n"}, ".jsonl");
        QVERIFY(sure.confidence[0] == 0.75 && sure.right[0] == 0);
        const auto likelihoods = read<LikelihoodOutcomes>(OutcomeKind::likelihoods, "-1 -2.5\n\n", {});
        QVERIFY(likelihoods.log_likelihood[0] == -3.5 && likelihoods.tokens[0] == 2 && likelihoods.tokens[1] == 0);
    }

    void everyFormHasHelp() {
        for (const MetricInfo& metric : metric_catalog())
            QVERIFY(!std::string_view(outcome_file_form(metric.compares()).prediction).empty());
    }

    void badFilesAreNamed_data() {
        QTest::addColumn<int>("kind");
        QTest::addColumn<QString>("predictions");
        QTest::addColumn<QString>("references");
        QTest::addColumn<QString>("says");
        const auto row = [](const char* name, OutcomeKind kind, const char* predictions, const char* references,
                            const char* says) {
            QTest::newRow(name) << int(kind) << QString::fromLatin1(predictions) << QString::fromLatin1(references)
                                << QString::fromLatin1(says);
        };
        row("fewer lines", OutcomeKind::texts, "1\n2\n", "1\n", "ref0.jsonl: has 1 line,");
        row("not JSON", OutcomeKind::texts, "\"a\"\n{\n", "\"a\"\n\"b\"\n", "line 2: is not JSON");
        row("no field", OutcomeKind::texts, "{\"text\": \"a\"}\n", "\"a\"\n", "line 1: has no field \"pred\"");
        row("no text", OutcomeKind::texts, "[1]\n", "\"a\"\n", "line 1: is not a text");
        row("no reference", OutcomeKind::texts, "\"a\"\n", "[]\n", "line 1: has no reference");
        row("no number", OutcomeKind::numbers, "1\n\"x\"\n", "1\n2\n", "line 2: is not a number: \"x\"");
        row("tags", OutcomeKind::tags, "[\"O\"]\n", "[\"O\", \"O\"]\n", "line 1: has 1 tag, and its reference has 2");
        row("a list of lists", OutcomeKind::tags, "[[]]\n", "[\"O\"]\n", "line 1: is a list with");
        row("choices", OutcomeKind::sets, "[]\n", "{\"ref\": [], \"choices\": -1}\n",
            "line 1: has a number of choices");
        row("confidence", OutcomeKind::confidences, "{\"pred\": 1, \"confidence\": 1.5}\n", "1\n", "from 0 to 1");
        row("no confidence", OutcomeKind::confidences, "1\n", "1\n", "line 1: is not a number");
        row("not UTF-8", OutcomeKind::texts, "\"\xff\"\n", "\"a\"\n", "line 1");
    }
    void badFilesAreNamed() {
        QFETCH(int, kind);
        QFETCH(QString, predictions);
        QFETCH(QString, references);
        QFETCH(QString, says);
        const auto pred = file("pred.jsonl", predictions.toLatin1().toStdString());
        const auto ref = file("ref0.jsonl", references.toLatin1().toStdString());
        const Caught found = caught([&] { read_outcomes(static_cast<OutcomeKind>(kind), pred, {ref}); });
        QVERIFY2(found.kind == ErrorKind::input && found.says(says.toStdString()), found.message.c_str());
        QVERIFY2(found.says(".jsonl"), found.message.c_str());
    }

    void missingAndSuperfluousFiles() {
        const auto one = file("a.txt", "1\n");
        QCOMPARE(caught([&] { read_outcomes(OutcomeKind::texts, m_folder / "nothing", {one}); }).kind,
                 ErrorKind::input);
        QVERIFY(caught([&] { read_outcomes(OutcomeKind::texts, one, {}); }).says("--ref"));
        QCOMPARE(caught([&] { read_outcomes(OutcomeKind::numbers, one, {one, one}); }).kind, ErrorKind::config);
        QCOMPARE(caught([&] { read_outcomes(OutcomeKind::likelihoods, one, {one}); }).kind, ErrorKind::config);
    }
};

DIAPASON_TEST(TestOutcomeFiles)
#include "test_outcome_files.moc"
