#include "experiments/engine/feature_cache.h"

#include <ATen/ops/index_select.h>
#include <ATen/ops/stack.h>
#include <c10/core/GradMode.h>

namespace diapason {

HiddenStates FeatureCache::hidden(const std::string& split, const std::vector<std::int64_t>& items) {
    const c10::NoGradGuard guard;
    auto& rows = m_rows[split];
    rows.resize(m_data.split(split).examples.size());
    std::vector<std::int64_t> absent;
    std::vector<Sequence> sequences;
    for (const std::int64_t item : items) {
        if (rows[static_cast<std::size_t>(item)].defined()) continue;
        absent.push_back(item);
        sequences.push_back(m_data.training_sequence(split, static_cast<std::size_t>(item)));
    }
    if (!absent.empty()) {
        const PackedBatch batch = PackedBatch::pack(sequences, m_model.device());
        const HiddenStates states = m_model.hidden(batch, {});
        const bool first_soft = m_model.prompt() != nullptr && m_model.prompt()->pool_first_soft_token();
        const auto pooled = at::index_select(
            states.last, 0, index_tensor(pooling_rows(states, m_model.config().causal, first_soft), m_model.device()));
        for (std::size_t i = 0; i < absent.size(); ++i)
            rows[static_cast<std::size_t>(absent[i])] = pooled[static_cast<std::int64_t>(i)];
    }
    HiddenStates result;
    std::vector<at::Tensor> picked;
    for (const std::int64_t item : items)
        picked.push_back(rows[static_cast<std::size_t>(item)]);
    result.last = at::stack(picked);
    result.offsets.resize(items.size() + 1);
    for (std::size_t i = 0; i < result.offsets.size(); ++i)
        result.offsets[i] = static_cast<std::int64_t>(i);
    return result;
}

} // namespace diapason
