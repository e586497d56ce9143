#include "experiments/study/plan_inputs.h"

#include "core/base/error.h"
#include "core/library/library.h"
#include "core/library/tokenizer_fit.h"
#include "core/text/tokenizer_files.h"

#include <set>

namespace diapason {
namespace {

void check_backbone(const std::string& name, const BackboneConfig& config) {
    const std::filesystem::path folder = resolve_backbone(name);
    if (is_tokenizer_readable(folder)) require_fit(*Tokenizer::load(folder), config, folder.string());
}

} // namespace

void check_inputs(const Plan& plan) {
    std::vector<Error> faults;
    std::set<std::string> seen;
    const auto attempt = [&](auto&& read) {
        try {
            read();
        } catch (const Error& error) {
            if (seen.insert(error.what()).second) faults.push_back(error); // splits may share a file
        }
    };
    std::set<std::string> tasks, backbones;
    for (const Arm& arm : plan.arms) {
        tasks.insert(arm.spec.task);
        backbones.insert(arm.spec.backbone);
    }
    for (const std::string& name : tasks) {
        const Task& task = plan.tasks.at(name).get();
        for (const auto& split : task.data)
            attempt([&] { load_split(task, split.first); });
    }
    for (const std::string& name : backbones)
        attempt([&] { check_backbone(name, plan.configs.at(name).get()); });
    if (faults.empty()) return;
    if (faults.size() == 1) throw faults.front();
    std::string what = std::to_string(faults.size()) + " faults in what this study reads";
    for (const Error& fault : faults)
        what += std::string("\n  ") + fault.what();
    throw Error(faults.front().kind(), what);
}

} // namespace diapason
