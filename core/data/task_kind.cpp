#include "core/data/task_kind.h"

#include "core/data/filling.h"
#include "core/data/kinds/kinds.h"

#include <algorithm>

namespace diapason {
namespace {

// "sequence_classification" → "classification head", in messages.
std::string in_words_of_head(const std::string& head) {
    if (head == "sequence_classification") return "classification head";
    if (head == "token_classification") return "tagging head";
    if (head == "extractive_span") return "span head";
    return "head of the kind " + head;
}

} // namespace

OptionValues TaskKind::metric_options(const MetricInfo& metric, const Task& /*task*/) const {
    return OptionValues::defaults(metric.options);
}

std::string TaskKind::default_question(const Task& task) const {
    return task.text_template + " {answer}";
}

std::int64_t TaskKind::outputs(const Task& task) const {
    return task.classes();
}

std::string TaskKind::refusal(const BackboneAbilities& backbone, bool in_words) const {
    const std::string wanted = head(in_words);
    if (wanted.empty()) {
        if (backbone.writes || backbone.fills) return {};
        return backbone.family + " backbones have no language model's head to answer in words";
    }
    if (std::count(backbone.heads.begin(), backbone.heads.end(), wanted) > 0) return {};
    return backbone.family + " backbones have no " + in_words_of_head(wanted) +
           (head(true).empty() ? " (answers in words do not need one)" : "");
}

std::vector<Problem> TaskKind::problems_in_words(const Task& task) const {
    return {{"answers", "words", std::string("a ") + name() + " task is answered by its head only: " + task.id,
             "Set answers to head"}};
}

Question TaskKind::ask(const Task& task, const Tokenizer& tokenizer, const Example& example, std::size_t room) const {
    const AroundAnswer around = around_answer(task);
    return {filled_tokens(tokenizer, around.before, example, room),
            tokenizer.encode(fill(around.behind, example), {.add_special_tokens = false}).ids};
}

std::vector<std::string> TaskKind::choices(const Task& task, const Example& /*example*/) const {
    std::vector<std::string> words;
    for (const TaskLabel& label : task.labels)
        words.push_back(label.words);
    return words;
}

std::string TaskKind::answer(const Task& task, const std::string& words) const {
    return (around_answer(task).spaced ? " " : "") + words;
}

const std::vector<const TaskKind*>& task_kinds() {
    static const std::vector<const TaskKind*> kinds = {
#define DIAPASON_TASK_KIND(name) &name##_kind(),
#include "core/data/kinds/task_kinds.def"
#undef DIAPASON_TASK_KIND
    };
    return kinds;
}

const TaskKind* find_task_kind(const std::string& name) {
    for (const TaskKind* kind : task_kinds()) {
        if (name == kind->name()) return kind;
    }
    return nullptr;
}

const TaskKind& default_task_kind() {
    return *task_kinds().front();
}

} // namespace diapason
