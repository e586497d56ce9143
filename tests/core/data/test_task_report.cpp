// What is wrong with data before anybody trains on it.

#include "core/data/task_report.h"
#include "core/library/library.h"
#include "tests/support/test_support.h"

using namespace diapason;
using namespace diapason::testing;

class TestTaskReport : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void whatIsCounted() {
        TemporaryFolder folder;
        write_text(folder / "train.tsv", "text\tlabel\none\ta\ntwo\tb\none\ta\none \tb\n");
        write_text(folder / "validation.tsv", "text\tlabel\nthree\ta\none\ta\n");
        write_text(folder / "test.tsv", "text\tlabel\nfour words are here\tb\nfive\ta\n");
        write_text(folder / "task.json", R"({"format": "diapason-task", "version": 1, "id": "t", "reader": "tsv",
            "data": {"train": "train.tsv", "validation": "validation.tsv", "test": "test.tsv"},
            "columns": {"text": "text", "label": "label"}, "labels": ["a", "b"], "max_tokens": 5})");
        const Task task = read_task(folder / "task.json");
        const auto tokenizer = Tokenizer::load(resolve_backbone("encoder-mini"));
        const TaskReport report = report_on(task, tokenizer.get());
        QCOMPARE(report.splits.size(), std::size_t(3));
        const SplitReport& train = report.splits[0];
        QCOMPARE(train.rows, std::size_t(4));
        QCOMPARE(train.answers.at("a"), std::size_t(2));
        QCOMPARE(train.repeated, std::size_t(2));
        QCOMPARE(train.contradicting, std::size_t(1)); // spaces around a text make no other one
        QCOMPARE(report.seen_in_training.at("validation"), std::size_t(1));
        QCOMPARE(report.seen_in_training.count("test"), std::size_t(0));
        QCOMPARE(report.splits[2].cut, std::size_t(1));
        QVERIFY(report.splits[2].most_tokens >= 6 && report.splits[2].median_tokens <= report.splits[2].most_tokens);
        std::string all;
        for (const std::string& warning : report.warnings)
            all += warning + "\n";
        for (const char* says :
             {"train: 1 row with a text that stood there before and another answer",
              "validation: 1 row with a text that the model is trained on", "validation: no row has the label b",
              "test: 1 row longer than 5 tokens, which are cut"})
            QVERIFY2(all.find(says) != std::string::npos, all.c_str());
        QCOMPARE(report_on(task).splits[2].most_tokens, std::size_t(0));
    }

    void targetsInsideTheirTexts() {
        TemporaryFolder folder;
        for (const char* split : {"train", "validation", "test"})
            write_text(
                folder / (std::string(split) + ".jsonl"),
                "{\"text\": \"the answer is 42\", \"target\": \"42\"}\n{\"text\": \"why?\", \"target\": \"so\"}\n");
        write_text(folder / "task.json", R"({"format": "diapason-task", "version": 1, "id": "t", "kind": "generation",
            "data": {"train": "train.jsonl", "validation": "validation.jsonl", "test": "test.jsonl"},
            "columns": {"text": "text", "target": "target"}})");
        const TaskReport report = report_on(read_task(folder / "task.json"));
        QCOMPARE(report.splits[0].leaking, std::size_t(1));
        QVERIFY(report.warnings.front().find("train: 1 row whose text contains the target") != std::string::npos);
    }
};

DIAPASON_TEST(TestTaskReport)
#include "test_task_report.moc"
