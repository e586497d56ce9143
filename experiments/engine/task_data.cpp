#include "experiments/engine/task_data.h"

#include "core/base/sha256.h"
#include "core/data/task_document.h"
#include "core/library/tokenizer_fit.h"
#include "core/text/tokenizer_files.h"
#include "experiments/engine/answering.h"

#include <tuple>
#include <utility>

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

TaskData::TaskData(const Task& task, std::shared_ptr<const Tokenizer> tokenizer, const TaskEnds& ends, bool in_words)
    : m_task(task),
      m_tokenizer(std::move(tokenizer)),
      m_ends(ends),
      m_in_words(in_words) {}

TaskData::Split& TaskData::split(const std::string& name) {
    const auto found = m_splits.find(name);
    if (found != m_splits.end()) return found->second;
    Split split;
    split.examples = load_split(m_task, name);
    // What has no tokens would stop the run in the middle of an epoch.
    if (m_task.rows.skip_bad)
        split.examples = rows_with_tokens(m_task, name, split.examples, *m_tokenizer, m_ends, m_in_words);
    split.encoded.resize(split.examples.size());
    return m_splits.emplace(name, std::move(split)).first->second;
}

const EncodedItem& TaskData::encoded(const std::string& name, std::size_t item) {
    Split& of = split(name);
    EncodedItem& entry = of.encoded.at(item);
    if (entry.empty()) entry = task_tokens(m_task, *m_tokenizer, of.examples[item], m_ends);
    return entry;
}

std::int64_t TaskData::tokens(const std::string& name, std::size_t item) {
    std::int64_t sum = 0;
    for (const EncodedExample& part : encoded(name, item))
        sum += std::ssize(part.ids);
    return sum;
}

// What a template moves on the way is told to whom it concerns.
InsertedTemplate TaskData::input(const EncodedExample& part, const PromptTemplate* text, Sequence& sequence) const {
    sequence.ids = part.ids;
    sequence.type_ids = part.type_ids;
    if (text == nullptr) return {};
    return insert_template(
        *text, [&](std::int64_t id) { return m_tokenizer->is_special(id); }, sequence.ids, sequence.type_ids);
}

InsertedTemplate TaskData::inserted(const EncodedExample& part, const PromptTemplate* text) const {
    Sequence sequence;
    return input(part, text, sequence);
}

Sequence TaskData::input_sequence(const std::string& name, std::size_t item, const PromptTemplate* text) {
    Sequence sequence;
    input(encoded(name, item).front(), text, sequence);
    return sequence;
}

void TaskData::add_training_sequences(const std::string& name, std::size_t item, const PromptTemplate* text,
                                      std::vector<Sequence>& to) {
    const Answering& answering = answering_of(*m_task.kind);
    bool follows = false;
    for (const EncodedExample& part : encoded(name, item)) {
        Sequence& sequence = to.emplace_back();
        const InsertedTemplate inserted = input(part, text, sequence);
        answering.label(*this, part, inserted, sequence);
        sequence.follows = std::exchange(follows, true);
    }
}

std::vector<Sequence> TaskData::training_sequences(const std::string& name, std::size_t item) {
    std::vector<Sequence> sequences;
    add_training_sequences(name, item, nullptr, sequences);
    return sequences;
}

std::shared_ptr<TaskData> shared_task_data(const ResolvedRun& run) {
    struct Kept {
        std::string content;
        std::shared_ptr<TaskData> data;
    };
    static std::map<std::tuple<std::string, std::string, std::int64_t, bool, SampleRule::Order, std::int64_t>, Kept>
        cache;
    Kept& kept = cache[{run.spec.task, run.backbone.string(), run.task.max_tokens, run.in_words, run.task.sample.order,
                        run.task.sample.seed}];
    const std::string content = content_of(run);
    if (kept.data != nullptr && kept.content == content) return kept.data;
    auto tokenizer = Tokenizer::load(run.backbone);
    require_fit(*tokenizer, run.config, run.backbone.string());
    kept = {content, std::make_shared<TaskData>(run.task, std::move(tokenizer),
                                                task_ends(run.task, run.config, run.in_words), run.in_words)};
    return kept.data;
}

} // namespace diapason
