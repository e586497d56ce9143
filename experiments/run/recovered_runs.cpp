#include "experiments/run/recovered_runs.h"

#include "core/backbone/tensor_file.h"
#include "core/store/run_folder.h"
#include "core/store/store.h"
#include "core/store/store_reader.h"
#include "experiments/study/run_spec.h"
#include "experiments/study/study.h"

#include <algorithm>
#include <map>
#include <set>

namespace diapason {
namespace {

namespace fs = std::filesystem;

struct FoundRun {
    std::string uuid;
    RunSpec spec;
    Json task;
};

std::set<std::string> known_runs(const fs::path& database) {
    const StoreReader reader(database);
    std::set<std::string> uuids;
    for (const RunLine& run : reader.run_lines(0))
        uuids.insert(run.uuid);
    return uuids;
}

FoundRun read_folder(const fs::path& folder) {
    const fs::path file = folder / adapter_file;
    const TensorFile adapter(file);
    const auto text = [&](const char* key) {
        const auto found = adapter.metadata().find(key);
        if (found == adapter.metadata().end())
            throw input_error(file.string(), std::string("does not name its ") + key);
        return parse_json(found->second, file.string());
    };
    return {folder.filename().string(), run_spec_from_json(text("spec"), file.string()), text("task")};
}

NewStudy study_of(const std::vector<FoundRun>& runs) {
    const RunSpec& first = runs.front().spec;
    Study design;
    design.id = "recovered";
    design.title = "Recovered runs";
    design.backbone = first.backbone;
    design.task = first.task;
    design.training = first.training_options;
    NewStudy rows;
    rows.study.uuid = new_uuid();
    rows.study.title = design.title;
    rows.study.tasks[first.task] = runs.front().task;
    std::map<std::string, RowId> arms; // by what is the same but for the seed
    std::set<std::uint64_t> seeds;
    for (const FoundRun& found : runs) {
        RunSpec arm = found.spec;
        arm.seed = 0;
        const auto [at, fresh] = arms.try_emplace(fingerprint(arm), static_cast<RowId>(rows.arms.size()));
        if (fresh) {
            const std::string number = std::to_string(rows.arms.size() + 1);
            rows.arms.push_back({0,
                                 0,
                                 0,
                                 number + " " + arm.method,
                                 arm.method,
                                 {{"method", arm.method}},
                                 static_cast<int>(rows.arms.size() % 8) + 1});
            design.methods.push_back({arm.method, arm.method_options, arm.training_options, {}});
        }
        RunRecord run;
        run.uuid = found.uuid;
        run.arm = at->second;
        run.seed = found.spec.seed;
        run.spec = to_json(found.spec);
        run.fingerprint = fingerprint(found.spec);
        const bool taken = std::any_of(rows.runs.begin(), rows.runs.end(), [&](const RunRecord& other) {
            return other.arm == run.arm && other.seed == run.seed;
        });
        if (taken) continue; // the same run again: it gives the same bits
        seeds.insert(run.seed);
        rows.runs.push_back(std::move(run));
    }
    design.seeds.assign(seeds.begin(), seeds.end());
    rows.study.document = to_json(design);
    return rows;
}

} // namespace

RecoveredRuns recover_run_folders(Store& store) {
    const std::set<std::string> known = known_runs(store.file());
    RecoveredRuns recovered;
    std::map<std::pair<std::string, std::string>, std::vector<FoundRun>> studies;
    std::error_code none;
    for (const auto& item : fs::directory_iterator(store.files_folder(), none)) {
        const std::string uuid = item.path().filename().string();
        if (!is_uuid(uuid) || known.contains(uuid)) continue;
        try {
            FoundRun found = read_folder(item.path());
            studies[{found.spec.backbone, found.spec.task}].push_back(std::move(found));
        } catch (const Error& error) {
            recovered.notes.push_back(error.what());
        }
    }
    for (auto& [place, runs] : studies) {
        std::sort(runs.begin(), runs.end(), [](const FoundRun& a, const FoundRun& b) { return a.uuid < b.uuid; });
        const NewStudy rows = study_of(runs);
        store.create_study(rows);
        recovered.runs += rows.runs.size();
    }
    return recovered;
}

} // namespace diapason
