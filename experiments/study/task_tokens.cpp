#include "experiments/study/task_tokens.h"

#include "core/base/awaited_work.h"
#include "core/base/error.h"
#include "core/data/sound_rows.h"
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

EncodedItem task_tokens(const Task& task, const Tokenizer& tokenizer, const Example& example, const TaskEnds& ends) {
    EncodedItem item = encode_example(task, tokenizer, example, ends);
    for (const EncodedExample& part : item) {
        for (const auto* ids : {&part.ids, &part.target_ids})
            require_rows(*ids, ends.rows, "row " + example.id);
    }
    return item;
}

std::vector<std::vector<std::int64_t>> choice_tokens(const Task& task, const Tokenizer& tokenizer,
                                                     const Example& example) {
    const bool own = task.kind->choices_differ();
    const auto refuse = [&](const std::string& words, const std::string& what, const std::string& remedy) {
        if (own) throw Error(ErrorKind::input, {"has the option \"" + words + "\": " + what, {}, {}, {}, remedy});
        throw config_error("labels", words, what, remedy);
    };
    std::vector<std::vector<std::int64_t>> tokens;
    std::map<std::vector<std::int64_t>, std::string> owner;
    for (const std::string& words : task.kind->choices(task, example)) {
        tokens.push_back(answer_tokens(task, tokenizer, words));
        if (tokens.back().empty()) refuse(words, "it produces no tokens", {});
        const auto [known, fresh] = owner.emplace(tokens.back(), words);
        if (!fresh)
            refuse(words, "it has the same tokens as \"" + known->second + "\": no answer could tell them apart",
                   own ? "Answer by a head" : "Give each label its own words, or set answers to head");
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
    if (!task.kind->choices_differ()) choice_tokens(task, tokenizer);
}

Dataset rows_with_tokens(const Task& task, const std::string& split, const Dataset& data, const Tokenizer& tokenizer,
                         const TaskEnds& ends, bool in_words) {
    const bool own_choices = in_words && task.kind->choices_differ();
    work_begins("Making tokens of " + split, data.size());
    return sound_rows(task.rows, data, task.data.at(split).string(), [&](const Example& example) {
        work_advances(1);
        task_tokens(task, tokenizer, example, ends);
        if (own_choices) choice_tokens(task, tokenizer, example);
        return RowFault{};
    });
}

} // namespace diapason
