#include "core/eval/incremental.h"

#include <ATen/ops/empty.h>
#include <c10/core/GradMode.h>

#include <numeric>

namespace diapason {
namespace {

PackedBatch packed(const std::vector<std::vector<std::int64_t>>& rows, at::Device device) {
    std::vector<Sequence> sequences;
    for (const auto& ids : rows) {
        Sequence sequence;
        sequence.ids = ids;
        sequences.push_back(std::move(sequence));
    }
    return PackedBatch::pack(sequences, device);
}

} // namespace

IncrementalDecoder::IncrementalDecoder(Model& model, const std::vector<std::vector<std::int64_t>>& inputs,
                                       std::int64_t start_id)
    : m_model(model),
      m_inputs(inputs),
      m_start_id(start_id) {}

at::Tensor IncrementalDecoder::start() {
    const c10::NoGradGuard guard;
    m_model.prepare();
    const auto& stacks = m_model.backbone().stacks();
    const PackedBatch batch = packed(m_inputs, m_model.device());
    if (stacks.size() == 1) return logits_of_last_rows(stacks[0], batch, m_model.prompt(), nullptr);
    const StackStates encoder = stacks[0].forward(batch, m_model.prompt(), nullptr, {}, {});
    const PackedBatch first =
        packed(std::vector<std::vector<std::int64_t>>(m_inputs.size(), {m_start_id}), m_model.device());
    return logits_of_last_rows(stacks[1], first, nullptr, &encoder);
}

PackedBatch IncrementalDecoder::behind_cache(const std::vector<std::int64_t>& parents,
                                             const std::vector<std::vector<std::int64_t>>& texts) {
    m_cache.select(parents);
    std::vector<Sequence> sequences;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        Sequence sequence;
        sequence.ids = texts[i];
        sequence.positions.resize(texts[i].size());
        std::iota(sequence.positions.begin(), sequence.positions.end(), m_cache.offsets[i + 1] - m_cache.offsets[i]);
        sequences.push_back(std::move(sequence));
    }
    return PackedBatch::pack(sequences, m_model.device());
}

at::Tensor IncrementalDecoder::step(const std::vector<std::int64_t>& parents, const std::vector<std::int64_t>& tokens) {
    const c10::NoGradGuard guard;
    std::vector<std::vector<std::int64_t>> texts;
    for (const std::int64_t token : tokens)
        texts.push_back({token});
    return logits_of_last_rows(m_model.backbone().stacks().back(), behind_cache(parents, texts), nullptr, nullptr);
}

at::Tensor IncrementalDecoder::extend(const std::vector<std::int64_t>& parents,
                                      const std::vector<std::vector<std::int64_t>>& texts) {
    const c10::NoGradGuard guard;
    const PackedBatch batch = behind_cache(parents, texts);
    const Stack& stack = m_model.backbone().stacks().back();
    return m_model.logits_of(stack.forward(batch, nullptr, nullptr, {}, {false, nullptr, &m_cache}).last, {});
}

at::Tensor IncrementalDecoder::logits_of_last_rows(const Stack& stack, const PackedTokens& tokens,
                                                   EmbeddingDelta* prompt, const StackStates* encoder) {
    const std::vector<std::int64_t> offsets = RowLayout::of(tokens, prompt).offsets;
    std::vector<std::int64_t> last;
    for (std::size_t s = 0; s + 1 < offsets.size(); ++s)
        last.push_back(offsets[s + 1] - 1);
    return m_model.logits_of(stack.forward(tokens, prompt, encoder, {}, {false, &last, &m_cache}).last, {});
}

} // namespace diapason
