// Plans: a study is read and checked once, its names hold in any folder, and stored tasks outlive their files.

#include "core/base/paths.h"
#include "core/store/store.h"
#include "core/store/store_reader.h"
#include "experiments/results/results.h"
#include "experiments/run/study_session.h"
#include "experiments/study/cost.h"
#include "tests/support/fake_executor.h"
#include "tests/support/plans.h"
#include "tests/support/test_support.h"

using namespace diapason;
using namespace diapason::testing;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

Json document(const std::string& task = "section") {
    return {{"format", "diapason-study"},
            {"version", 1},
            {"title", "Mine"},
            {"backbone", "encoder-mini"},
            {"task", task},
            {"methods", {{{"method", "lora"}, {"vary", {{"rank", {2, 4}}}}}, {{"method", "head_only"}}}},
            {"seeds", {1, 2}}};
}

void write_task(const fs::path& file, const std::string& primary) {
    write_text(file.parent_path() / "rows.tsv", "sentence\tlabel\nAn x.\ta\nA y.\tb\nA z.\ta\n");
    const Json task = {{"format", "diapason-task"},
                       {"version", 1},
                       {"id", "mine"},
                       {"reader", "tsv"},
                       {"data", {{"train", "rows.tsv"}, {"validation", "rows.tsv"}, {"test", "rows.tsv"}}},
                       {"columns", {{"text", "sentence"}, {"label", "label"}}},
                       {"labels", {"a", "b"}},
                       {"metrics", {"accuracy", "macro_f1"}},
                       {"primary_metric", primary}};
    write_text(file, task.dump());
}

// While it lives, relative paths begin elsewhere.
class Elsewhere {
public:
    explicit Elsewhere(const fs::path& folder) : m_before(fs::current_path()) { fs::current_path(folder); }
    ~Elsewhere() { fs::current_path(m_before); }
    Elsewhere(const Elsewhere&) = delete;

private:
    fs::path m_before;
};

} // namespace

class TestPlan : public QObject {
    Q_OBJECT
private Q_SLOTS:
    // Texts are cut at max_tokens and nowhere else, so that it has to fit, soft prompts counted.
    void inputsFitThePositions_data() {
        QTest::addColumn<QByteArray>("method");
        QTest::addColumn<int>("limit");
        QTest::addColumn<QByteArray>("says");
        const auto row = [](const char* name, const char* method, int limit, const char* says) {
            QTest::newRow(name) << QByteArray(method) << limit << QByteArray(says);
        };
        row("all of them", R"({"method": "lora"})", 256, "");
        row("one more", R"({"method": "lora"})", 257, "of the backbone's 256 positions 256 are left");
        row("with a prompt", R"({"method": "prompt_tuning", "options": {"length": 10}})", 246, "");
        row("too many for the prompt", R"({"method": "prompt_tuning", "options": {"length": 10}})", 247,
            "of the backbone's 256 positions 246 are left");
        row("a shifting prefix", R"({"method": "prefix_tuning", "options": {"length": 10}})", 247, "246 are left");
        row("one that does not shift",
            R"({"method": "prefix_tuning", "options": {"length": 10, "position_shift": "none"}})", 256, "");
        row("a combination", R"({"method": "p_tuning_v2", "options": {"length": 10}})", 247, "246 are left");
    }
    void inputsFitThePositions() {
        QFETCH(QByteArray, method);
        QFETCH(int, limit);
        QFETCH(QByteArray, says);
        TemporaryFolder folder;
        write_task(folder / "t.json", "accuracy");
        Json task = read_json(folder / "t.json");
        task["max_tokens"] = 600;
        write_text(folder / "t.json", task.dump());
        Json given = document((folder / "t.json").string());
        given["methods"] = {parse_json(method.toStdString(), "row")};
        given["training"] = {{"max_tokens", limit}};
        PlanSources sources;
        const Plan plan = make_plan(study_from_json(given, "study.json"), sources);
        QCOMPARE(plan.problems.size(), std::size_t(says.isEmpty() ? 0 : 1));
        if (!says.isEmpty())
            QVERIFY2(to_line(plan.problems.front()).find(says.toStdString()) != std::string::npos,
                     to_line(plan.problems.front()).c_str());
    }

    void everythingIsReadOnce() {
        PlanSources sources;
        const Study study = study_from_json(document(), "x");
        const Plan plan = make_plan(study, sources);
        QVERIFY(plan.problems.empty());
        QCOMPARE(plan.arms.size(), std::size_t(3));
        QCOMPARE(plan.facts.size(), plan.arms.size());
        QCOMPARE(plan.runs(), std::size_t(6));
        for (std::size_t i = 0; i < plan.arms.size(); ++i) {
            const ArmFacts& facts = plan.facts[i];
            QVERIFY(facts.problem.empty());
            QCOMPARE(facts.backbone, plan.backbone().get().parameter_count());
            QCOMPARE(facts.operations, run_operations(plan.arms[i].spec, plan.backbone().get(), plan.task().get()));
        }
        QVERIFY(plan.facts[1].counts.trained == 2 * plan.facts[0].counts.trained);
        for (int edit = 1; edit <= 20; ++edit) {
            Study edited = study;
            edited.methods[0].vary[0].levels = {edit, edit + 1};
            QVERIFY(make_plan(edited, sources).problems.empty());
        }
        const PlanSources::Counts counts = sources.counts();
        QCOMPARE(counts.configs, std::size_t(1));
        QCOMPARE(counts.tasks, std::size_t(1));
        QCOMPARE(counts.plans, std::size_t(21));
    }

    void aChangedFileIsReadAgain() {
        TemporaryFolder folder;
        write_task(folder / "task.json", "accuracy");
        PlanSources sources;
        const Study study = study_from_json(document((folder / "task.json").string()), "x");
        QCOMPARE(make_plan(study, sources).task().get().primary_metric, std::string("accuracy"));
        write_task(folder / "task.json", "macro_f1");
        QCOMPARE(make_plan(study, sources).task().get().primary_metric, std::string("macro_f1"));
        fs::remove(folder / "task.json");
        const Plan gone = make_plan(study, sources);
        QCOMPARE(gone.problems.size(), std::size_t(1));
        QVERIFY(gone.problems.front().field == FieldPath("task"));
        QVERIFY(gone.task().error.has_value());
    }

    void namesHoldInAnyFolder() {
        TemporaryFolder folder;
        write_task(folder / "task.json", "macro_f1");
        fs::create_directory(folder / "other");
        write_task(folder / "other" / "task2.json", "macro_f1");
        const Elsewhere here(folder.path());
        Json given = document("task.json");
        given["factors"] = {{"task", {"task.json", "other/task2.json"}}};
        given["exclude"] = {{{"match", {{"task", "task.json"}, {"rank", 4}}}}};
        const Plan plan = planned(given);
        QCOMPARE(plan.study.task, (folder / "task.json").string());
        QCOMPARE(plan.arms.size(), std::size_t(5));
        QCOMPARE(plan.arms.front().spec.task, (folder / "task.json").string());
        QCOMPARE(plan.arms.front().label, std::string("LoRA, rank 2, task task.json")); // by its last part
        QVERIFY(plan.tasks.contains((folder / "other" / "task2.json").string()));
        // Where that does not tell levels apart, labels have the whole.
        write_task(folder / "other" / "task.json", "macro_f1");
        given["factors"] = {{"task", {"task.json", "other/task.json"}}};
        QCOMPARE(planned(given).arms.front().label, "LoRA, rank 2, task " + (folder / "task.json").string());
        // A backbone by its folder.
        fs::copy(resource_folder() / "backbones" / "encoder-mini", folder / "own", fs::copy_options::recursive);
        given = document();
        given["backbone"] = "own";
        QCOMPARE(planned(given).arms.front().spec.backbone, (folder / "own").string());
    }

    // A study's task is what its file said at the start: tables and later runs take it from the database.
    void aStudyKeepsItsTask() {
        TemporaryFolder folder;
        write_task(folder / "task.json", "macro_f1");
        Store store(folder / "a.db");
        RowId study = 0;
        std::vector<Json> given;
        const auto script = [&](const RunJob& job) -> std::vector<RunEvent> {
            given.push_back(job.place.task);
            std::vector<RunEvent> events = ordinary_run(job);
            if (job.spec.seed == 2) {
                events.resize(3);
                events.push_back(StateChanged{RunState::interrupted, {}, {}, {}});
            }
            return events;
        };
        {
            const Elsewhere here(folder.path());
            StudySession session(store, std::make_unique<FakeExecutor>(script), planned(document("task.json")));
            session.start();
            QVERIFY(session.wait(patience));
            study = session.study_id();
        }
        store.flush();
        const StoreReader reader(folder / "a.db");
        const Json tasks = reader.study(study)->tasks;
        QCOMPARE(tasks.size(), std::size_t(1));
        QCOMPARE(tasks.at((folder / "task.json").string()).at("primary_metric"), Json("macro_f1"));
        QCOMPARE(tasks.front().at("data").at("test"), Json((folder / "rows.tsv").string()));
        QCOMPARE(result_table(reader, study).primary_metric.metric, std::string("macro_f1"));

        // The file changes, then goes: nothing of it is asked any more.
        write_task(folder / "task.json", "accuracy");
        QCOMPARE(result_table(reader, study).primary_metric.metric, std::string("macro_f1"));
        fs::remove(folder / "task.json");
        given.clear();
        PlanSources sources;
        const Plan again = plan_of_stored(*reader.study(study), sources);
        QCOMPARE(again.task().get().primary_metric, std::string("macro_f1"));
        StudySession session(store, std::make_unique<FakeExecutor>(script), again, study);
        session.start();
        QVERIFY(session.wait(patience));
        QCOMPARE(given.size(), std::size_t(3));
        QCOMPARE(given.front(), tasks.front());
        QCOMPARE(sources.counts().tasks, std::size_t(0));
    }

    void problemsSayWhereTheyAre() {
        Json given = document();
        given["methods"][0]["vary"]["rank"] = {2, 0};
        given["methods"][1]["options"] = {{"size", 3}};
        PlanSources sources;
        const std::vector<Problem> problems = make_plan(study_from_json(given, "x"), sources).problems;
        QCOMPARE(problems.size(), std::size_t(2));
        const FieldPath methods("methods");
        QVERIFY(problems[0].field == methods / std::size_t{0} / "vary" / "rank" / std::size_t{1});
        QVERIFY(problems[1].field == methods / std::size_t{1} / "options" / "size");
    }

    // Form and meaning in one message, the arms as far as they can be made.
    void formAndMeaningTogether() {
        Json given = document();
        given["sedes"] = 1;
        given["seeds"] = {3, 3};
        const Caught error = caught([&] { planned(given); });
        QVERIFY2(error.says("sedes") && error.says("twice"), error.message.c_str());
        given.erase("sedes");
        PlanSources sources;
        QCOMPARE(make_plan(study_from_json(given, "x"), sources).arms.size(), std::size_t(3));
    }

    void aLostBaselineGivesWayOnlyWhenItMay() {
        Study study = study_from_json(document(), "x");
        study.baseline = "LoRA, rank 16";
        PlanSources sources;
        QCOMPARE(make_plan(study, sources).problems.size(), std::size_t(1));
        const Plan edited = make_plan(study, sources, {{}, Json::object(), true});
        QVERIFY(edited.problems.empty());
        QVERIFY(edited.study.baseline.empty());
        study.baseline = "LoRA, rank 4";
        QCOMPARE(make_plan(study, sources, {{}, Json::object(), true}).study.baseline, study.baseline);
    }

    void costFollowsTheLatestRuns() {
        TemporaryFolder folder;
        Store store(folder / "a.db");
        const Plan plan = planned(document());
        const StoreReader reader(folder / "a.db");
        QVERIFY(!study_cost(plan, &reader).measured);
        QVERIFY(!study_cost(plan, nullptr).measured);
        StudySession session(store, std::make_unique<FakeExecutor>([](const RunJob& job) { return ordinary_run(job); }),
                             plan);
        double stored = 0;
        for (const RunRecord& run : reader.runs(session.study_id()))
            stored += run.operations;
        QVERIFY(stored > 0);
        QVERIFY(std::abs(stored / plan.operations() - 1) < 1e-9);
    }
};

DIAPASON_TEST(TestPlan)
#include "test_plan.moc"
