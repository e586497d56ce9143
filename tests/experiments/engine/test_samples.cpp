// Runs on a sample of the training rows and beside rows that were left out: what they train on, and what they say of
// it.

#include "tests/support/runs.h"

using namespace diapason;
using namespace diapason::testing;

namespace fs = std::filesystem;

namespace {

/// Texts of two classes, and in the training split a row that is none.
fs::path task_with_a_bad_row(const fs::path& folder) {
    std::string rows = "sentence\tlabel\n";
    for (int i = 0; i < 40; ++i)
        rows += "Row " + std::to_string(i) + " is " + (i % 4 == 0 ? "odd" : "usual") + ".\t" +
                (i % 4 == 0 ? "rare" : "common") + "\n";
    write_text(folder / "test.tsv", rows);
    write_text(folder / "train.tsv", rows + "one cell\n");
    const Json task = {{"format", "diapason-task"},
                       {"version", 1},
                       {"id", "mine"},
                       {"reader", "tsv"},
                       {"data", {{"train", "train.tsv"}, {"validation", "test.tsv"}, {"test", "test.tsv"}}},
                       {"columns", {{"text", "sentence"}, {"label", "label"}}},
                       {"labels", {"common", "rare"}},
                       {"skip_bad_rows", true}};
    write_text(folder / "mine.json", task.dump());
    return folder / "mine.json";
}

Json training_inputs(const Record& record) {
    for (const RunEvent& event : record.events) {
        const auto* begun = std::get_if<RunBegan>(&event);
        if (begun == nullptr) continue;
        for (const Json& input : begun->environment.at("inputs"))
            if (input.value("split", "") == "train") return input;
    }
    return {};
}

} // namespace

class TestSamples : public QObject {
    Q_OBJECT

    TemporaryFolder m_folder;

    Record run(const Json& training) const {
        RunSpec spec = spec_of("head_only", training);
        spec.task = (m_folder / "mine.json").string();
        return execute(spec);
    }

private Q_SLOTS:
    void initTestCase() { task_with_a_bad_row(m_folder.path()); }

    void whatIsLeftOutIsRecorded() {
        const Record record = run(Json::object());
        QVERIFY2(record.state == RunState::finished, record.last().message.c_str());
        const Json train = training_inputs(record);
        QCOMPARE(train.value("rows_left_out", 0), 1);
        QVERIFY2(train.value("left_out", "").find("line 42") != std::string::npos, train.dump().c_str());
        QVERIFY(!train.contains("sample"));
    }

    // The same sample for the same seed, whatever the run's; other rows for another; and not those of the file's order.
    void aSampleIsRecordedAndItsSeedCounts() {
        const auto of = [&](const char* order, int seed) {
            const Record record = run({{"sample", order}, {"sample_seed", seed}, {"max_train_items", 8}});
            return record.state == RunState::finished ? training_inputs(record) : Json(record.last().message);
        };
        const Json random = of("random", 1), again = of("random", 1), other = of("random", 2), even = of("balanced", 1);
        QCOMPARE(random.value("sample", ""), std::string("random 1"));
        QCOMPARE(even.value("sample", ""), std::string("balanced 1"));
        QCOMPARE(random.at("sha256"), again.at("sha256"));
        QVERIFY(random.at("sha256") != other.at("sha256"));
        QVERIFY(random.at("sha256") != even.at("sha256"));
        const Record plain = run({{"max_train_items", 8}});
        QVERIFY(random.at("sha256") != training_inputs(plain).at("sha256"));
    }
};

DIAPASON_TEST(TestSamples)
#include "test_samples.moc"
