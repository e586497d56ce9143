#include "experiments/engine/task_data.h"

#include "core/backbone/backbone_config.h"
#include "core/base/error.h"
#include "experiments/engine/answering.h"
#include "methods/catalog/method_info.h"

#include <tuple>

namespace diapason {

TaskData::TaskData(const Task& task, std::shared_ptr<const Tokenizer> tokenizer, std::int64_t max_tokens,
                   const Ends& ends)
    : m_task(task),
      m_tokenizer(std::move(tokenizer)),
      m_ends(ends) {
    if (max_tokens > 0) m_task.max_tokens = std::min(max_tokens, m_task.max_tokens);
}

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
    if (entry.ids.empty()) entry = encode_example(m_task, *m_tokenizer, of.examples[item], m_ends.end, m_ends.begin);
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

std::shared_ptr<TaskData> shared_task_data(const std::string& task_name, const std::filesystem::path& backbone,
                                           std::int64_t max_tokens, bool in_words) {
    static std::map<std::tuple<std::string, std::string, std::int64_t, bool>, std::shared_ptr<TaskData>> cache;
    auto& entry = cache[{task_name, backbone.string(), max_tokens, in_words}];
    if (entry != nullptr) return entry;
    const Task task = load_task(task_name);
    const BackboneConfig config = read_backbone_config(backbone);
    if (const std::string why = task_refusal(task, config, in_words); !why.empty())
        throw config_error("task", task_name, why, "Choose another backbone");
    // Encoders put their special tokens around a text themselves; decoders begin and end with the ids of their config.
    TaskData::Ends ends;
    if (task.kind->head(in_words).empty()) { // the language model answers
        if (config.causal) ends.begin = config.bos_id;
        ends.end = config.eos_id;
        if (config.encoder_decoder) ends.decoder_start = config.decoder_start_id;
    }
    return entry = std::make_shared<TaskData>(task, Tokenizer::load(backbone), max_tokens, ends);
}

} // namespace diapason
