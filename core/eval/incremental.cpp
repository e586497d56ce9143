#include "core/eval/incremental.h"

#include "core/model/rows.h"

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
    const auto& stacks = m_model.backbone().stacks();
    const PackedBatch batch = packed(m_inputs, m_model.device());
    if (stacks.size() == 1)
        return logits_of_last_rows(batch, stacks[0].forward(batch, m_model.prompt(), nullptr, {}, false, &m_cache));
    const StackStates encoder = stacks[0].forward(batch, m_model.prompt(), nullptr, {}, false);
    const PackedBatch first =
        packed(std::vector<std::vector<std::int64_t>>(m_inputs.size(), {m_start_id}), m_model.device());
    return logits_of_last_rows(first, stacks[1].forward(first, nullptr, &encoder, {}, false, &m_cache));
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

StackStates IncrementalDecoder::read_on(const PackedBatch& batch) {
    return m_model.backbone().stacks().back().forward(batch, nullptr, nullptr, {}, false, &m_cache);
}

at::Tensor IncrementalDecoder::step(const std::vector<std::int64_t>& parents, const std::vector<std::int64_t>& tokens) {
    const c10::NoGradGuard guard;
    std::vector<std::vector<std::int64_t>> texts;
    for (const std::int64_t token : tokens)
        texts.push_back({token});
    const PackedBatch batch = behind_cache(parents, texts);
    return logits_of_last_rows(batch, read_on(batch));
}

at::Tensor IncrementalDecoder::extend(const std::vector<std::int64_t>& parents,
                                      const std::vector<std::vector<std::int64_t>>& texts) {
    const c10::NoGradGuard guard;
    const PackedBatch batch = behind_cache(parents, texts);
    HiddenStates hidden;
    static_cast<StackStates&>(hidden) = read_on(batch);
    return m_model.logits_from(hidden, batch, {}, Rows::all);
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
