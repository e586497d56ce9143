#include "experiments/engine/feature_cache.h"

#include <ATen/ops/stack.h>
#include <c10/core/GradMode.h>

namespace diapason {

at::Tensor FeatureCache::rows(const std::string& split, const std::vector<std::int64_t>& items) {
    const c10::NoGradGuard guard;
    auto& known = m_rows[split];
    known.resize(m_data.split(split).examples.size());
    std::vector<std::int64_t> absent;
    std::vector<Sequence> sequences;
    for (const std::int64_t item : items) {
        if (known[static_cast<std::size_t>(item)].defined()) continue;
        absent.push_back(item);
        sequences.push_back(m_data.training_sequence(split, static_cast<std::size_t>(item)));
    }
    if (!absent.empty()) {
        const PackedBatch batch = PackedBatch::pack(sequences, m_model.device());
        const at::Tensor read = m_model.read(batch, {});
        for (std::size_t i = 0; i < absent.size(); ++i)
            known[static_cast<std::size_t>(absent[i])] = read[static_cast<std::int64_t>(i)];
    }
    std::vector<at::Tensor> picked;
    for (const std::int64_t item : items)
        picked.push_back(known[static_cast<std::size_t>(item)]);
    return at::stack(picked);
}

} // namespace diapason
