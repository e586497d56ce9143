// Any bytes in a database's columns of JSON, and in those that become names: read, shown as tables and planned again,
// or refused. The first byte chooses the column; the rest of the database is good.

#include "core/base/paths.h"
#include "core/store/connection.h"
#include "core/store/store.h"
#include "experiments/results/export.h"
#include "experiments/study/plan.h"
#include "tests/fuzz/memory_folder.h"

#include <cstdint>
#include <iterator>

namespace {
using namespace diapason;

struct Column {
    const char *table, *name;
};
constexpr Column columns[] = {{"study", "document"}, {"study", "tasks"},   {"run", "spec"},      {"run", "environment"},
                              {"run", "summary"},    {"arm", "levels"},    {"factor", "levels"}, {"factor", "address"},
                              {"arm", "label"},      {"series", "metric"}, {"run", "message"}};

// A study of two arms and one seed, one of whose runs has finished.
struct Database {
    fuzzing::MemoryFolder folder;
    RowId study = 0;

    Database() {
        set_home_folder(folder.path());
        PlanSources sources;
        const Json document = {{"format", "diapason-study"},
                               {"version", 1},
                               {"title", "Fuzz"},
                               {"backbone", "encoder-mini"},
                               {"task", "section"},
                               {"methods", {{{"method", "lora"}}}},
                               {"factors", {{"training.steps", {2, 3}}}},
                               {"seeds", {1}}};
        const Plan plan = plan_of_document(document, "fuzz", sources);
        NewStudy given;
        given.study.uuid = new_uuid();
        given.study.title = plan.study.title;
        given.study.document = to_json(plan.study);
        given.study.tasks = {{plan.study.task, plan.task_definition(plan.study.task)}};
        given.factors = {{"training.steps", {2, 3}}};
        for (const Arm& arm : plan.arms) {
            given.arms.push_back({0, 0, 0, arm.label, "lora", arm.levels, 1});
            RunRecord run;
            run.uuid = new_uuid();
            run.arm = static_cast<RowId>(given.runs.size());
            run.seed = 1;
            run.spec = to_json(arm.spec);
            run.fingerprint = fingerprint(arm.spec);
            given.runs.push_back(std::move(run));
        }
        Store store(folder / "a.db");
        const StudyIds ids = store.create_study(given);
        study = ids.study;
        const RowId run = ids.runs.front();
        store.begin_attempt(run);
        store.set_began(run, {2, 0, 10, 10, 320, 5, {{"inputs", {{"task", "x"}}}}});
        store.append_points(run, {{{"test", "", "accuracy"}, 2, 0.5, 0.25}});
        store.set_state(run, RunState::running, "", nullptr);
        store.set_state(run, RunState::finished, "",
                        {{"metrics", {{"test/accuracy", 0.25}}}, {"best_step", 2}, {"seconds", 0.5}});
        store.flush();
    }
};

void read_all(const StoreReader& reader, RowId study, PlanSources& sources) {
    const auto attempt = [](auto&& read) {
        try {
            read();
        } catch (const Error&) {
        }
    };
    attempt([&] { reader.studies(true); });
    attempt([&] { reader.arms(study); });
    attempt([&] { reader.factors(study); });
    attempt([&] { reader.runs(study); });
    attempt([&] { reader.run_lines(study); });
    attempt([&] { reader.series(1); });
    attempt([&] {
        const ResultTable table = result_table(reader, study);
        for (const TableFormat format :
             {TableFormat::text, TableFormat::csv, TableFormat::markdown, TableFormat::latex, TableFormat::json})
            render(table, format);
    });
    attempt([&] {
        if (const auto stored = reader.study(study)) plan_of_stored(*stored, sources);
    });
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Database database;
    static Connection connection(database.folder / "a.db", Connection::Mode::read_write);
    static const StoreReader reader(database.folder / "a.db");
    static PlanSources sources;
    if (size == 0) return 0;
    const Column& column = columns[data[0] % std::size(columns)];
    const std::string place = std::string(column.table) + " SET " + column.name + " = ?";
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    Statement before(connection, std::string("SELECT id, ") + column.name + " FROM " + column.table + " ORDER BY id");
    if (!before.step()) __builtin_trap();
    const RowId row = before.integer(0);
    const std::string good = before.text(1);
    before.reset();
    try {
        Statement(connection, "UPDATE " + place + " WHERE id = ?").bind_all(text, row).run();
    } catch (const Error&) { // a label that another arm has
        return 0;
    }
    read_all(reader, database.study, sources);
    Statement(connection, "UPDATE " + place + " WHERE id = ?").bind_all(std::string_view(good), row).run();
    return 0;
}
