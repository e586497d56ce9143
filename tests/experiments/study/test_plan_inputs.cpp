#include "experiments/study/plan_inputs.h"
#include "experiments/study/task_tokens.h"
#include "tests/support/own_tasks.h"
#include "tests/support/test_support.h"

using namespace diapason;
using namespace diapason::testing;
namespace fs = std::filesystem;

namespace {

// A task in a folder, with rows that are good as long as nobody spoils them.
void write_sentence_task(const fs::path& folder, const std::string& rows, const Json& changes = Json::object()) {
    write_text(folder / "rows.tsv", "sentence\tlabel\n" + rows);
    Json task = {{"format", "diapason-task"},
                 {"version", 1},
                 {"id", "mine"},
                 {"reader", "tsv"},
                 {"data", {{"train", "rows.tsv"}, {"validation", "rows.tsv"}, {"test", "rows.tsv"}}},
                 {"columns", {{"text", "sentence"}, {"label", "label"}}},
                 {"labels", {{{"id", "a"}, {"words", "good"}}, {{"id", "b"}, {"words", "bad"}}}}};
    task.update(changes);
    write_text(folder / "task.json", task.dump());
}

Plan planned(PlanSources& sources, const fs::path& folder, const char* backbone, const char* answers) {
    const Json document = {{"format", "diapason-study"},
                           {"title", "Mine"},
                           {"backbone", backbone},
                           {"task", (folder / "task.json").string()},
                           {"methods", {{{"method", "lora"}}, {{"method", "ia3"}}}},
                           {"training", {{"answers", answers}}},
                           {"seeds", {1}}};
    return make_plan(study_from_json(document, "study.json"), sources);
}

// Enough rows for each split of a hash.
std::string good_rows() {
    std::string rows;
    for (int i = 0; i < 60; ++i)
        rows += "The package number " + std::to_string(i) + "\t" + (i % 2 == 0 ? "a" : "b") + "\n";
    return rows;
}

} // namespace

class TestPlanInputs : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void faults_data() {
        QTest::addColumn<QByteArray>("backbone");
        QTest::addColumn<QByteArray>("answers");
        QTest::addColumn<QByteArray>("bad");     // rows behind the good ones
        QTest::addColumn<QByteArray>("changes"); // of the task
        QTest::addColumn<QByteArrayList>("says");
        const auto row = [](const char* name, const char* backbone, const char* answers, const char* bad,
                            const char* changes, const QByteArrayList& says) {
            QTest::newRow(name) << QByteArray(backbone) << QByteArray(answers) << QByteArray(bad) << QByteArray(changes)
                                << says;
        };
        row("nothing", "encoder-mini", "head", "", "{}", {});
        row("nothing, a decoder in words", "decoder-mini", "words", "", "{}", {});
        row("a label that nobody named", "encoder-mini", "head", "A word\tc\n", "{}", {"rows.tsv", "line 62", "\"c\""});
        row("words that are the same tokens", "encoder-mini", "words", "",
            R"({"labels": [{"id": "a", "words": "Good"}, {"id": "b", "words": "good"}]})", {"same tokens"});
        row("two of them", "encoder-mini", "words", "A word\tc\n",
            R"({"labels": [{"id": "a", "words": "Good"}, {"id": "b", "words": "good"}]})",
            {"2 faults", "same tokens", "line 62"});
    }
    void faults() {
        QFETCH(QByteArray, backbone);
        QFETCH(QByteArray, answers);
        QFETCH(QByteArray, bad);
        QFETCH(QByteArray, changes);
        QFETCH(QByteArrayList, says);
        TemporaryFolder folder;
        write_sentence_task(folder.path(), good_rows() + bad.toStdString(), parse_json(changes.toStdString(), "row"));
        PlanSources sources;
        const Plan plan = planned(sources, folder.path(), backbone, answers);
        QVERIFY2(plan.problems.empty(), plan.problems.empty() ? "" : to_line(plan.problems.front()).c_str());
        const Caught result = caught([&] { InputCheck().require(plan); });
        QCOMPARE(result.thrown, !says.isEmpty());
        for (const QByteArray& part : says)
            QVERIFY2(result.says(part.toStdString()), result.message.c_str());
    }

    // Tokens that were added without rows of their own are no fault until a text contains them.
    void tokensWithoutARowAreListedByLine() {
        TemporaryFolder folder;
        write_sentence_task(folder.path(), good_rows());
        const Task task = read_task(folder / "task.json");
        const auto tokenizer = Tokenizer::load(embedded_backbone("encoder-mini"));
        const Dataset data = load_split(task, "train");
        TaskEnds ends;
        rows_with_tokens(task, "train", data, *tokenizer, ends, false);
        ends.rows = 5;
        const Caught result = caught([&] { rows_with_tokens(task, "train", data, *tokenizer, ends, false); });
        QVERIFY2(result.thrown && result.kind == ErrorKind::input && result.says("rows.tsv") &&
                     result.says("rows for 5") && result.says("different models"),
                 result.message.c_str());
        QVERIFY2(result.says("line 2: ") || result.says("line 3: "), result.message.c_str());
    }

    // A fact whose object is several tokens cannot be ranked: such rows can be left out.
    void rowsWithoutUsableTokensCanBeLeftOut() {
        TemporaryFolder folder;
        const std::string rows = "{\"text\": \"It is a [MASK] .\", \"target\": \"file\"}\n"
                                 "{\"text\": \"It is a [MASK] .\", \"target\": \"many words at once\"}\n";
        const auto task = [&](bool skip) {
            return task_of_rows(folder.path(), "cloze", {{"train", rows}, {"validation", rows}, {"test", rows}},
                                {{"skip_bad_rows", skip}});
        };
        const auto tokenizer = Tokenizer::load(embedded_backbone("encoder-mini"));
        const auto sound = [&](bool skip) {
            return rows_with_tokens(task(skip), "train", load_split(task(skip), "train"), *tokenizer, {}, true);
        };
        QVERIFY(caught([&] { sound(false); }).says("line 2: has the target"));
        QCOMPARE(sound(true).size(), std::size_t(1));
        QCOMPARE(sound(true).left_out().rows, std::size_t(1));
    }

    // A file that has changed is read again, and one that has not is not.
    void whatWasReadIsRemembered() {
        TemporaryFolder folder;
        write_sentence_task(folder.path(), good_rows());
        PlanSources sources;
        const Plan plan = planned(sources, folder.path(), "encoder-mini", "head");
        InputCheck inputs;
        inputs.require(plan);
        const auto written = fs::last_write_time(folder / "rows.tsv");
        write_text(folder / "rows.tsv", "sentence\tlabel\n" + good_rows() + "A word\tc\n");
        QVERIFY(caught([&] { inputs.require(plan); }).says("line 62"));
        QVERIFY(caught([&] { inputs.require(plan); }).says("line 62")); // a known fault is a fault
        write_text(folder / "rows.tsv", "sentence\tlabel\n" + good_rows());
        fs::last_write_time(folder / "rows.tsv", written);
        inputs.require(plan);
    }

    // The kind of a fault decides the exit code: a file that cannot be used is no senseless study.
    void filesThatCannotBeUsed() {
        TemporaryFolder folder;
        write_sentence_task(folder.path(), good_rows());
        const auto kind = [&](const std::string& task) {
            Study study = study_from_json(Json{{"format", "diapason-study"},
                                               {"title", "Mine"},
                                               {"backbone", "encoder-mini"},
                                               {"task", task},
                                               {"methods", {{{"method", "lora"}}}},
                                               {"seeds", {1}}},
                                          "study.json");
            PlanSources sources;
            return caught([&] { make_plan(study, sources).require_sound("study.json"); }).kind;
        };
        write_text(folder / "x.tsv", "name\tvalue\na\tb\n");
        QCOMPARE(kind((folder / "x.tsv").string()), ErrorKind::input);
        QCOMPARE(kind(folder.path().string()), ErrorKind::input);
        QCOMPARE(kind("/dev/null"), ErrorKind::input);
        QCOMPARE(kind((folder / "absent.tsv").string()), ErrorKind::config);
        QCOMPARE(kind("nosuchtask"), ErrorKind::config);
    }
};

DIAPASON_TEST(TestPlanInputs)
#include "test_plan_inputs.moc"
