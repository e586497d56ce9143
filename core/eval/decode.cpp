#include "core/eval/decode.h"

#include <c10/core/GradMode.h>

namespace diapason {

std::vector<std::vector<std::int64_t>>
decode_greedy(Model& model, const std::vector<std::vector<std::int64_t>>& prompts, const GreedyOptions& options) {
    const c10::NoGradGuard guard;
    std::vector<std::vector<std::int64_t>> outputs(prompts.size());
    std::vector<std::size_t> active(prompts.size());
    for (std::size_t i = 0; i < active.size(); ++i)
        active[i] = i;
    for (std::int64_t step = 0; step < options.max_new_tokens && !active.empty(); ++step) {
        std::vector<Sequence> sequences;
        for (const std::size_t i : active) {
            Sequence sequence;
            sequence.ids = prompts[i];
            sequence.ids.insert(sequence.ids.end(), outputs[i].begin(), outputs[i].end());
            // A label on the last row asks for its logits alone; which one does not matter.
            sequence.labels.assign(sequence.ids.size(), -100);
            sequence.labels.back() = 0;
            sequences.push_back(std::move(sequence));
        }
        const PackedBatch batch = PackedBatch::pack(sequences, model.device());
        const at::Tensor chosen = model.logits(batch, {}).argmax(-1).cpu();
        const std::int64_t* next = chosen.const_data_ptr<std::int64_t>();
        std::vector<std::size_t> still;
        for (std::size_t k = 0; k < active.size(); ++k) {
            if (next[k] == options.end_id) continue;
            outputs[active[k]].push_back(next[k]);
            still.push_back(active[k]);
        }
        active = std::move(still);
    }
    return outputs;
}

} // namespace diapason
