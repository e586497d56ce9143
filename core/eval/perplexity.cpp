#include "core/eval/perplexity.h"

#include "core/base/error.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/gather.h>
#include <ATen/ops/logsumexp.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace diapason {
namespace {

void add_batch(Model& model, const std::vector<Sequence>& sequences, const std::vector<std::size_t>& texts,
               std::vector<TextLikelihood>& results) {
    const PackedBatch batch = PackedBatch::pack(sequences, model.device());
    const at::Tensor logits = model.logits(batch, ForwardState{}).to(at::kFloat);
    const at::Tensor chosen = logits.gather(1, batch.token_labels.unsqueeze(1)).squeeze(1).to(at::kDouble);
    const at::Tensor nll = (at::logsumexp(logits, 1).to(at::kDouble) - chosen).cpu().contiguous();
    const auto* values = nll.const_data_ptr<double>();
    std::size_t sequence = 0;
    for (std::size_t row = 0; row < batch.label_row_list.size(); ++row) {
        while (batch.label_row_list[row] >= batch.offsets[sequence + 1])
            ++sequence;
        results[texts[sequence]].nll += values[row];
        ++results[texts[sequence]].tokens;
    }
}

} // namespace

std::vector<TextLikelihood> text_likelihoods(Model& model, const std::vector<std::vector<std::int64_t>>& texts,
                                             std::int64_t batch_tokens, const std::function<bool()>& stop) {
    if (model.head_spec().kind != HeadKind::causal_lm)
        throw std::logic_error("text_likelihoods needs a causal language model");
    const c10::NoGradGuard no_gradients;
    std::vector<TextLikelihood> results(texts.size());
    std::vector<Sequence> sequences;
    std::vector<std::size_t> numbers;
    std::int64_t tokens = 0;
    const auto flush = [&] {
        if (sequences.empty()) return;
        if (stop && stop()) throw Error(ErrorKind::cancelled, "stopped");
        add_batch(model, sequences, numbers, results);
        sequences.clear();
        numbers.clear();
        tokens = 0;
    };
    for (std::size_t i = 0; i < texts.size(); ++i) {
        if (texts[i].size() < 2) continue;
        const auto size = static_cast<std::int64_t>(texts[i].size());
        if (tokens + size > batch_tokens) flush();
        Sequence sequence;
        sequence.ids = texts[i];
        sequence.labels.assign(texts[i].begin() + 1, texts[i].end());
        sequence.labels.push_back(-100);
        sequences.push_back(std::move(sequence));
        numbers.push_back(i);
        tokens += size;
    }
    flush();
    return results;
}

std::optional<double> perplexity(const std::vector<TextLikelihood>& texts) {
    double nll = 0;
    std::int64_t tokens = 0;
    for (const TextLikelihood& text : texts) {
        nll += text.nll;
        tokens += text.tokens;
    }
    if (tokens == 0) return {};
    return std::exp(nll / static_cast<double>(tokens));
}

} // namespace diapason
