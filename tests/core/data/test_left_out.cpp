// Rows that a task does without: bad ones that are skipped on the user's word, and those of values that are no class.
// They are counted and told, never dropped in silence.

#include "core/data/sound_rows.h"
#include "core/data/task_document.h"
#include "core/data/task_guess.h"
#include "core/data/task_report.h"
#include "tests/support/own_tasks.h"
#include "tests/support/test_support.h"

using namespace diapason;
using namespace diapason::testing;

namespace {

const char* const some_bad = "{\"text\": \"one\", \"label\": \"a\"}\nno json\n{\"text\": \"two\", \"label\": \"b\"}\n"
                             "{\"label\": \"a\"}\n{\"text\": \"three\", \"label\": \"c\"}\n";

Task labelled(const TemporaryFolder& folder, const std::string& rows, const Json& changes) {
    Json all = {{"labels", {"a", "b"}}};
    if (!changes.is_null()) all.merge_patch(changes);
    return task_of_rows(folder.path(), "classification", {{"train", rows}, {"validation", rows}, {"test", rows}}, all);
}

} // namespace

class TestLeftOut : public QObject {
    Q_OBJECT
private Q_SLOTS:
    // What a reader and what the kind of task finds wrong is left out alike.
    void badRowsAreSkippedAndCounted() {
        TemporaryFolder folder;
        QVERIFY(caught([&] { load_split(labelled(folder, some_bad, {}), "train"); }).says("2 lines cannot be used"));
        const Dataset data = load_split(labelled(folder, some_bad, {{"skip_bad_rows", true}}), "train");
        QCOMPARE(data.size(), std::size_t(2));
        QCOMPARE(data[1].text, std::string("two"));
        QCOMPARE(data.left_out().rows, std::size_t(3));
        for (const char* part : {"line 2: ", "line 4: has no \"text\"", "line 5: has the label \"c\""})
            QVERIFY2(data.left_out().reasons.find(part) != std::string::npos, data.left_out().reasons.c_str());
    }

    void nothingLeftIsAnError_data() {
        QTest::addColumn<QString>("rows");
        QTest::newRow("for the reader") << QStringLiteral("no json\n[1]\n");
        QTest::newRow("for the kind") << QStringLiteral("{\"text\": \"x\", \"label\": \"c\"}\n");
    }
    void nothingLeftIsAnError() {
        QFETCH(QString, rows);
        TemporaryFolder folder;
        const Task task = labelled(folder, rows.toStdString(), {{"skip_bad_rows", true}});
        const Caught error = caught([&] { load_split(task, "train"); });
        QVERIFY2(error.thrown && error.kind == ErrorKind::input && error.says("line 1"), error.message.c_str());
    }

    // The first row with an id keeps it.
    void rowsWithAnIdThatIsTaken() {
        TemporaryFolder folder;
        const Task task = labelled(folder,
                                   "{\"id\": 1, \"text\": \"x\", \"label\": \"a\"}\n{\"id\": 1, \"text\": \"y\", "
                                   "\"label\": \"b\"}\n",
                                   {{"skip_bad_rows", true}, {"columns", {{"id", "id"}}}});
        const Dataset data = load_split(task, "train");
        QCOMPARE(data.size(), std::size_t(1));
        QCOMPARE(data[0].text, std::string("x"));
        QCOMPARE(data.left_out().rows, std::size_t(1));
    }

    void valuesThatAreNoClass() {
        TemporaryFolder folder;
        const std::string rows = "{\"text\": \"x\", \"label\": \"-\"}\n{\"text\": \"y\", \"label\": \"a\"}\n"
                                 "{\"text\": \"z\", \"label\": \"-\"}\n";
        const Dataset data = load_split(labelled(folder, rows, {{"leave_out", {{"label", {"-"}}}}}), "train");
        QCOMPARE(data.size(), std::size_t(1));
        QCOMPARE(QString::fromStdString(data.left_out().reasons), QStringLiteral("\n2 rows with the label \"-\""));
        const TaskReport report = report_on(labelled(folder, rows, {{"leave_out", {{"label", {"-"}}}}}));
        QCOMPARE(report.splits.front().left_out.rows, std::size_t(2));
        QVERIFY(report.warnings.front().find("train: 2 rows of its file are left out") == 0);
    }

    // SNLI: pairs whose annotators did not agree.
    void unsurePairsAreLeftOutByThemselves() {
        TemporaryFolder folder;
        std::string rows = "gold_label\tsentence1\tsentence2\n";
        for (int i = 0; i < 40; ++i)
            rows += std::string(i % 4 == 0   ? "-"
                                : i % 2 == 0 ? "neutral"
                                             : "entailment") +
                    "\tA man walks number " + std::to_string(i) + ".\tHe moves.\n";
        write_text(folder / "snli.txt", rows);
        const GuessedTask guess = guess_task(folder / "snli.txt");
        QCOMPARE(guess.task.labels.size(), std::size_t(2));
        std::size_t kept = 0;
        for (const char* split : {"train", "validation", "test"})
            kept += load_split(guess.task, split).size();
        QCOMPARE(kept, std::size_t(30));
    }

    void viewsKeepWhatIsLeftOut() {
        const Dataset data = Dataset(std::vector<Example>(3)).with_left_out({2, "\nx"});
        QCOMPARE(chosen(data, {1}).left_out().rows, std::size_t(2));
        QCOMPARE(mapped(data, [](Example e) { return e; }).left_out().rows, std::size_t(2));
        QCOMPARE(concatenated({data, Dataset(), data}).left_out().rows, std::size_t(4));
        QCOMPARE(data.with_left_out({1, "\ny"}).left_out().reasons, std::string("\nx\ny"));
        QCOMPARE(Dataset().left_out().rows, std::size_t(0));
    }

    void taskFilesSayIt() {
        TemporaryFolder folder;
        const Json rules = {{"skip_bad_rows", true}, {"leave_out", {{"label", {"-", "?"}}, {"group", {"x"}}}}};
        const Task task = labelled(folder, some_bad, rules);
        const Json document = to_json(task);
        QCOMPARE(document.at("skip_bad_rows"), rules.at("skip_bad_rows"));
        QCOMPARE(stored_task(document, "x").rows.leave_out, task.rows.leave_out);
        QVERIFY(!to_json(labelled(folder, some_bad, {})).contains("leave_out"));
        const std::pair<Json, const char*> cases[] = {
            {{{"leave_out", {{"lable", {"-"}}}}}, "leave_out.lable"},
            {{{"leave_out", {{"words", {"-"}}}}}, "leave_out.words"},
            {{{"leave_out", {{"label", "-"}}}}, "must be a list of texts"},
            {{{"leave_out", {{"label", Json::array()}}}}, "must be a list of texts"},
            {{{"leave_out", {{"label", {1}}}}}, "must be a list of texts"},
            {{{"skip_bad_rows", "yes"}}, "skip_bad_rows"}};
        for (const auto& [changes, says] : cases) {
            const Caught error = caught([&] { labelled(folder, some_bad, changes); });
            QVERIFY2(error.says(says), error.message.c_str());
        }
    }
};

DIAPASON_TEST(TestLeftOut)
#include "test_left_out.moc"
