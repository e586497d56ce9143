#include "experiments/study/plan_inputs.h"

#include "core/base/error.h"
#include "core/base/file_stamp.h"
#include "core/data/task_document.h"
#include "core/library/library.h"
#include "core/library/tokenizer_fit.h"
#include "core/text/tokenizer_files.h"
#include "experiments/study/task_tokens.h"

#include <memory>
#include <set>
#include <tuple>
#include <utility>

namespace diapason {
namespace {

template <typename Read>
void attempt(std::vector<Error>& faults, const Read& read) {
    try {
        read();
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::cancelled) throw; // nobody waits any more: no fault of the inputs
        faults.push_back(error);
    }
}

// A task as some arms use it.
struct Use {
    const Task* task;
    std::string backbone;
    const BackboneConfig* config;
    bool in_words;
};

std::vector<Use> uses_of(const Plan& plan) {
    std::set<std::tuple<std::string, std::string, bool>> seen;
    std::vector<Use> uses;
    for (const Arm& arm : plan.arms) {
        const bool in_words = answers_in_words(method_info(arm.spec.method), arm.spec.training_options);
        if (seen.emplace(arm.spec.task, arm.spec.backbone, in_words).second)
            uses.push_back({&plan.tasks.at(arm.spec.task).get(), arm.spec.backbone,
                            &plan.configs.at(arm.spec.backbone).get(), in_words});
    }
    return uses;
}

std::string state_of(const Use& use) {
    std::string state = to_json(*use.task).dump() + (use.in_words ? " words " : " head ") +
                        folder_stamp(resolve_backbone(use.backbone));
    for (const auto& split : use.task->data)
        state += file_stamp(split.second);
    return state;
}

// Rows that several uses read.
using Splits = std::map<const Task*, std::map<std::string, Dataset>>;

std::vector<Error> faults_of(const Use& use, Splits& known) {
    std::vector<Error> faults;
    const bool fresh = known.count(use.task) == 0;
    std::map<std::string, Dataset>& data = known[use.task];
    if (fresh) {
        for (const auto& split : use.task->data)
            attempt(faults, [&] { data[split.first] = load_split(*use.task, split.first); });
    }
    attempt(faults, [&] {
        const std::filesystem::path folder = resolve_backbone(use.backbone);
        if (!is_tokenizer_readable(folder)) return;
        const auto tokenizer = Tokenizer::load(folder);
        require_fit(*tokenizer, *use.config, folder.string());
        if (use.task->kind->asked(use.in_words))
            attempt(faults, [&] { check_words(*use.task, *use.config, *tokenizer); });
        const TaskEnds ends = task_ends(*use.task, *use.config, use.in_words);
        for (const auto& split : data)
            attempt(faults,
                    [&] { rows_with_tokens(*use.task, split.first, split.second, *tokenizer, ends, use.in_words); });
    });
    return faults;
}

} // namespace

std::string names_of_inputs(const Plan& plan) {
    std::string names;
    for (const Use& use : uses_of(plan))
        names += to_json(*use.task).dump() + use.backbone + (use.in_words ? " words\n" : " head\n");
    return names;
}

void InputCheck::require(const Plan& plan) {
    const std::lock_guard guard(m_mutex);
    std::map<std::string, std::vector<Error>> known = std::exchange(m_faults, {}); // of plans before: it is dropped
    std::vector<Error> faults;
    std::set<std::string> said; // splits may share a file, uses a task
    Splits splits;
    for (const Use& use : uses_of(plan)) {
        const std::string state = state_of(use);
        const auto found = known.find(state);
        std::vector<Error> read = found != known.end() ? found->second : faults_of(use, splits);
        const std::vector<Error>& own = m_faults[state] = std::move(read);
        for (const Error& fault : own)
            if (said.insert(fault.what()).second) faults.push_back(fault);
    }
    if (faults.empty()) return;
    if (faults.size() == 1) throw faults.front();
    std::string what = std::to_string(faults.size()) + " faults in what this study reads";
    for (const Error& fault : faults) {
        what += "\n  ";
        for (const char* c = fault.what(); *c != '\0'; ++c)
            what += *c == '\n' ? "\n  " : std::string(1, *c); // its own lines one step further in
    }
    throw Error(faults.front().kind(), what);
}

} // namespace diapason
