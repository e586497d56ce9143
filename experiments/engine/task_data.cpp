#include "experiments/engine/task_data.h"

#include "core/base/sha256.h"
#include "core/data/task_document.h"
#include "core/library/tokenizer_fit.h"
#include "core/text/tokenizer_files.h"
#include "experiments/engine/answering.h"

#include <tuple>

namespace diapason {

namespace {

// What its rows, their tokens, their labels and their scores are made of, by content.
std::string content_of(const ResolvedRun& run) {
    std::string content = to_json(run.task).dump() + run.config.raw.dump() + hash_of_tokenizer(run.backbone) +
                          (run.in_words ? "words" : "head");
    for (const auto& [split, file] : run.task.data)
        content += "|" + split + "=" + sha256_of_file(file);
    return content;
}

} // namespace

TaskData::TaskData(const Task& task, std::shared_ptr<const Tokenizer> tokenizer, const TaskEnds& ends)
    : m_task(task),
      m_tokenizer(std::move(tokenizer)),
      m_ends(ends) {}

TaskData::Split& TaskData::split(const std::string& name) {
    const auto found = m_splits.find(name);
    if (found != m_splits.end()) return found->second;
    Split split;
    split.examples = load_split(m_task, name);
    split.encoded.resize(split.examples.size());
    return m_splits.emplace(name, std::move(split)).first->second;
}

const EncodedExample& TaskData::encoded(const std::string& name, std::size_t item) {
    Split& of = split(name);
    EncodedExample& entry = of.encoded.at(item);
    if (!entry.ids.empty()) return entry;
    entry = task_tokens(m_task, *m_tokenizer, of.examples[item], m_ends);
    return entry;
}

Sequence TaskData::input_sequence(const std::string& name, std::size_t item, const PromptTemplate* text) {
    const EncodedExample& example = encoded(name, item);
    Sequence sequence;
    sequence.ids = example.ids;
    sequence.type_ids = example.type_ids;
    if (text != nullptr)
        insert_template(
            *text, [&](std::int64_t id) { return m_tokenizer->is_special(id); }, sequence.ids, sequence.type_ids);
    return sequence;
}

Sequence TaskData::training_sequence(const std::string& name, std::size_t item, const PromptTemplate* text) {
    const EncodedExample& example = encoded(name, item);
    Sequence sequence = input_sequence(name, item, text);
    answering_of(*m_task.kind).label(*this, example, sequence);
    return sequence;
}

std::shared_ptr<TaskData> shared_task_data(const ResolvedRun& run) {
    struct Kept {
        std::string content;
        std::shared_ptr<TaskData> data;
    };
    static std::map<std::tuple<std::string, std::string, std::int64_t, bool>, Kept> cache;
    Kept& kept = cache[{run.spec.task, run.backbone.string(), run.task.max_tokens, run.in_words}];
    const std::string content = content_of(run);
    if (kept.data != nullptr && kept.content == content) return kept.data;
    auto tokenizer = Tokenizer::load(run.backbone);
    require_fit(*tokenizer, run.config, run.backbone.string());
    kept = {content,
            std::make_shared<TaskData>(run.task, std::move(tokenizer), task_ends(run.task, run.config, run.in_words))};
    return kept.data;
}

} // namespace diapason
