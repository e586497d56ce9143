
#include "core/base/error.h"
#include "methods/deltas/prompt_delta.h"
#include "methods/init/text_rows.h"
#include "methods/method.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/randperm.h>
#include <ATen/ops/stack.h>
#include <c10/core/GradMode.h>

namespace diapason {
namespace {

std::vector<at::Tensor> rows_of(Model& model, const std::vector<std::int64_t>& ids) {
    std::vector<at::Tensor> rows;
    const at::Tensor table = model.backbone().word_embedding().floats().detach();
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

class FirstValues {
public:
    FirstValues(const OptionValues& options, Model& model, MethodContext& context)
        : m_options(options),
          m_model(model),
          m_context(context),
          m_length(options.integer("length")) {}

    /// The first values of one prompt, [P, width].
    at::Tensor draw() {
        const std::string& init = m_options.text("init");
        if (init == "random" || init == "positive" || init == "normal") {
            const at::Tensor rows =
                at::empty({m_length, m_model.config().width}, at::TensorOptions().dtype(at::kFloat));
            if (init == "normal") return rows.normal_(0, m_options.real("init_std"), m_context.generator);
            const double range = m_options.real("init_range");
            return rows.uniform_(init == "random" ? -range : 0, range, m_context.generator);
        }
        if (init == "first") return at::stack(rows_of(m_model, first_ids()));
        if (m_context.tokenizer == nullptr)
            throw config_error("init", init, "an init from words needs the backbone's tokenizer");
        std::vector<at::Tensor> rows;
        if (init == "label") rows = label_rows();
        if (init == "text")
            rows =
                rows_of(m_model, text_tokens(m_context.tokenizer, m_options.text("init_text"), m_length, "init_text"));
        const auto missing = m_length - std::ssize(rows);
        if (missing > 0) {
            const auto drawn =
                rows_of(m_model, sample_vocabulary(m_model, *m_context.tokenizer, m_options.integer("init_top_k"),
                                                   missing, m_context.generator));
            rows.insert(rows.end(), drawn.begin(), drawn.end());
        }
        return at::stack(rows);
    }

private:
    std::vector<std::int64_t> first_ids() const {
        std::vector<std::int64_t> ids(static_cast<std::size_t>(m_length));
        for (std::size_t i = 0; i < ids.size(); ++i)
            ids[i] = static_cast<std::int64_t>(i) % m_model.config().vocabulary;
        return ids;
    }

    // Class words, each averaged over its pieces (Lester et al. 2021, §3.2).
    std::vector<at::Tensor> label_rows() {
        std::vector<at::Tensor> rows;
        for (const std::string& words : m_context.label_words) {
            if (std::ssize(rows) == m_length) break;
            const auto pieces = rows_of(m_model, m_context.tokenizer->encode(words, {.add_special_tokens = false}).ids);
            if (!pieces.empty()) rows.push_back(at::stack(pieces).mean(0));
        }
        if (rows.empty()) throw config_error("init", "label", "the task has no class words", "Choose another init");
        return rows;
    }

    const OptionValues& m_options;
    Model& m_model;
    MethodContext& m_context;
    std::int64_t m_length;
};

} // namespace

void attach_prompt_tuning(const OptionValues& options, Model& model, MethodContext& context) {
    const c10::NoGradGuard guard;
    const std::int64_t members = options.integer("members");
    FirstValues rows(options, model, context);
    std::vector<at::Tensor> tables;
    for (std::int64_t member = 0; member < members; ++member)
        tables.push_back(rows.draw());
    const at::Tensor table = members == 1 ? tables.front() : at::cat(tables);
    Parameter& prompt = model.deltas().add(model.config().stack() + ".embedding.prompt", table.to(model.device()));
    model.set_prompt(std::make_unique<PromptDelta>(prompt, options.integer("length"),
                                                   options.text("pooling") == "first_soft_token", members));
    model.train({&prompt});
    model.train_head();
}

} // namespace diapason
