#include "core/eval/incremental.h"

#include "core/model/rows.h"

#include <ATen/ops/empty.h>
#include <c10/core/GradMode.h>

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
    if (stacks.size() == 1)
        return logits_of_last_rows(batch, stacks[0].forward(batch, m_model.prompt(), nullptr, {}, false, &m_cache));
    const StackStates encoder = stacks[0].forward(batch, m_model.prompt(), nullptr, {}, false);
    const PackedBatch first =
        packed(std::vector<std::vector<std::int64_t>>(m_inputs.size(), {m_start_id}), m_model.device());
    return logits_of_last_rows(first, stacks[1].forward(first, nullptr, &encoder, {}, false, &m_cache));
}

at::Tensor IncrementalDecoder::step(const std::vector<std::int64_t>& parents, const std::vector<std::int64_t>& tokens) {
    const c10::NoGradGuard guard;
    m_cache.select(parents);
    std::vector<Sequence> sequences;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        Sequence sequence;
        sequence.ids = {tokens[i]};
        sequence.positions = {m_cache.offsets[i + 1] - m_cache.offsets[i]};
        sequences.push_back(std::move(sequence));
    }
    const PackedBatch batch = PackedBatch::pack(sequences, m_model.device());
    return logits_of_last_rows(
        batch, m_model.backbone().stacks().back().forward(batch, nullptr, nullptr, {}, false, &m_cache));
}

at::Tensor IncrementalDecoder::logits_of_last_rows(PackedBatch batch, StackStates states) {
    std::vector<std::int64_t> last;
    for (std::size_t s = 0; s + 1 < states.offsets.size(); ++s)
        last.push_back(states.offsets[s + 1] - 1);
    HiddenStates hidden;
    hidden.last = select_rows(states.last, index_tensor(last, m_model.device()));
    hidden.offsets = std::move(states.offsets);
    return m_model.logits_from(hidden, batch, {}, Rows::all);
}

} // namespace diapason
