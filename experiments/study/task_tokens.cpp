#include "experiments/study/task_tokens.h"

#include "core/base/error.h"
#include "core/data/lines.h"
#include "core/library/tokenizer_fit.h"

#include <map>

namespace diapason {

TaskEnds task_ends(const Task& task, const BackboneConfig& config, bool in_words) {
    TaskEnds ends;
    ends.rows = config.vocabulary;
    if (!task.kind->head(in_words).empty()) return ends;
    if (config.causal) ends.begin = config.bos_id;
    ends.end = config.eos_id;
    if (config.encoder_decoder) ends.decoder_start = config.decoder_start_id;
    return ends;
}

EncodedExample task_tokens(const Task& task, const Tokenizer& tokenizer, const Example& example, const TaskEnds& ends) {
    EncodedExample encoded = encode_example(task, tokenizer, example, ends.end, ends.begin);
    for (const auto* ids : {&encoded.ids, &encoded.target_ids})
        require_rows(*ids, ends.rows, "row " + example.id);
    return encoded;
}

std::vector<std::vector<std::int64_t>> label_tokens(const Task& task, const Tokenizer& tokenizer) {
    std::vector<std::vector<std::int64_t>> tokens;
    std::map<std::vector<std::int64_t>, std::string> owner;
    for (const TaskLabel& label : task.labels) {
        tokens.push_back(answer_tokens(task, tokenizer, label.words));
        if (tokens.back().empty()) throw config_error("labels", label.id, "its words produce no tokens");
        const auto [known, fresh] = owner.emplace(tokens.back(), label.id);
        if (!fresh)
            throw config_error("labels", label.id,
                               "its words are the same tokens as those of " + known->second +
                                   ", so no answer could tell them apart",
                               "Give each label its own words, or set answers to head");
    }
    return tokens;
}

std::int64_t mask_token(const Tokenizer& tokenizer) {
    const std::int64_t id = tokenizer.first_of({"[MASK]", "<mask>"});
    if (id < 0)
        throw config_error("answers", "words", "the tokenizer has no mask token to mark the answer",
                           "Choose another backbone, or set answers to head");
    return id;
}

void check_words(const Task& task, const BackboneConfig& config, const Tokenizer& tokenizer) {
    if (!config.causal && !config.encoder_decoder) mask_token(tokenizer);
    label_tokens(task, tokenizer);
}

void check_tokens(const Task& task, const std::string& split, const Dataset& data, const Tokenizer& tokenizer,
                  const TaskEnds& ends) {
    LineProblems problems(task.data.at(split).string());
    for (const Example& example : data) {
        try {
            task_tokens(task, tokenizer, example, ends);
        } catch (const Error& error) {
            problems.add(example.line, error.details().what);
            problems.advise(error.details().remedy);
        }
    }
    problems.throw_if_any();
}

} // namespace diapason
