#include "methods/prompt_tuning.h"

#include "core/base/error.h"
#include "methods/method.h"
#include "methods/prompt_delta.h"

#include <ATen/ops/embedding.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/randperm.h>
#include <ATen/ops/stack.h>
#include <c10/core/GradMode.h>

#include <algorithm>

namespace diapason {
namespace {

std::vector<at::Tensor> rows_of(Model& model, const std::vector<std::int64_t>& ids) {
    std::vector<at::Tensor> rows;
    const at::Tensor table = model.backbone().word_embedding().value.detach();
    for (const std::int64_t id : ids)
        rows.push_back(table[id].clone());
    return rows;
}

// `count` different pieces of the most frequent ones. Vocabularies list pieces by frequency (merges and likelihoods are
// found in that order), so that the lowest ids that are no special tokens serve as the ranking.
std::vector<std::int64_t> sample_vocabulary(Model& model, const Tokenizer& tokenizer, std::int64_t top,
                                            std::int64_t count, at::Generator& generator) {
    std::vector<std::int64_t> pool;
    for (std::int64_t id = 0; id < model.config().vocabulary && static_cast<std::int64_t>(pool.size()) < top; ++id) {
        if (!tokenizer.is_special(id)) pool.push_back(id);
    }
    if (pool.empty()) throw config_error("init", "vocabulary", "the tokenizer has special tokens only");
    const at::Tensor order =
        at::randperm(static_cast<std::int64_t>(pool.size()), generator, at::TensorOptions().dtype(at::kLong));
    std::vector<std::int64_t> ids;
    for (std::int64_t i = 0; i < count; ++i) {
        ids.push_back(pool[static_cast<std::size_t>(order[i % order.size(0)].item<std::int64_t>())]);
    }
    return ids;
}

} // namespace

void attach_prompt_tuning(const OptionValues& options, Model& model, MethodContext& context) {
    const c10::NoGradGuard guard;
    const std::int64_t length = options.integer("length");
    const std::string& init = options.text("init");
    if (init != "random" && context.tokenizer == nullptr) {
        throw config_error("init", init, "an init from words needs the backbone's tokenizer");
    }
    std::vector<at::Tensor> rows;
    if (init == "label") {
        // Class words first, each averaged over its pieces (Lester et al. 2021, §3.2).
        for (const std::string& words : context.label_words) {
            if (static_cast<std::int64_t>(rows.size()) == length) break;
            const auto pieces = rows_of(model, context.tokenizer->encode(words, {.add_special_tokens = false}).ids);
            if (!pieces.empty()) rows.push_back(at::stack(pieces).mean(0));
        }
        if (rows.empty()) throw config_error("init", init, "the task has no class words", "Choose another init");
    } else if (init == "text") {
        const auto pieces =
            rows_of(model, context.tokenizer->encode(options.text("init_text"), {.add_special_tokens = false}).ids);
        if (pieces.empty()) throw config_error("init_text", options.text("init_text"), "the text has no tokens");
        for (std::int64_t i = 0; i < length; ++i)
            rows.push_back(pieces[static_cast<std::size_t>(i) % pieces.size()]);
    }
    at::Tensor table;
    if (init == "random") {
        const double range = options.real("init_range");
        table = at::empty({length, model.config().width}, at::TensorOptions().dtype(at::kFloat))
                    .uniform_(-range, range, context.generator);
    } else {
        const auto missing = length - static_cast<std::int64_t>(rows.size());
        if (missing > 0) {
            const auto drawn =
                rows_of(model, sample_vocabulary(model, *context.tokenizer, options.integer("init_top_k"), missing,
                                                 context.generator));
            rows.insert(rows.end(), drawn.begin(), drawn.end());
        }
        table = at::stack(rows);
    }
    Parameter& prompt = model.deltas().add(model.config().stack() + ".embedding.prompt", table.to(model.device()));
    model.set_prompt(std::make_unique<PromptDelta>(prompt, length, options.text("pooling") == "first_soft_token"));
    model.train({&prompt});
    model.train_head();
}

} // namespace diapason
