#include "experiments/engine/demonstrations.h"

#include "core/base/rng.h"
#include "experiments/engine/batches.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/mv.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/topk.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <set>

namespace diapason {
namespace {

std::uint64_t seed_of(std::uint64_t seed, const std::string& split) {
    for (const char c : split)
        seed = splitmix64(seed ^ static_cast<unsigned char>(c));
    return seed;
}

} // namespace

DemonstrationOptions DemonstrationOptions::from(const AskingOptions& asking, std::uint64_t seed, std::int64_t limit) {
    return {asking.demonstrations, asking.choice, static_cast<std::size_t>(asking.demonstration_tokens),
            stream_seed(seed, Stream::order), limit};
}

Demonstrations::Demonstrations(TaskData& data, Model& model, const DemonstrationOptions& options)
    : m_data(data),
      m_model(model),
      m_options(options),
      m_pool(data.split("train").examples.size()) {
    if (options.limit > 0) m_pool = std::min(m_pool, static_cast<std::size_t>(options.limit));
}

std::vector<std::size_t> Demonstrations::of(const std::string& split, std::size_t item) {
    if (m_options.count == 0) return {};
    const std::string& text = m_data.split(split).examples.at(item).text;
    switch (m_options.choice) {
    case DemonstrationOptions::Choice::random:
        return drawn(m_options.seed, text);
    case DemonstrationOptions::Choice::random_each:
        return drawn(splitmix64(seed_of(m_options.seed, split) + item), text);
    case DemonstrationOptions::Choice::similar:
        return nearest(split, item);
    case DemonstrationOptions::Choice::first:
        break;
    }
    std::vector<std::size_t> list;
    const auto& examples = m_data.split("train").examples;
    for (std::size_t i = 0; i < m_pool && std::ssize(list) < m_options.count; ++i) {
        if (examples[i].text != text) list.push_back(i);
    }
    return list;
}

// Without repetition, from a counter: the same on every machine.
std::vector<std::size_t> Demonstrations::drawn(std::uint64_t seed, const std::string& text) const {
    const auto& examples = m_data.split("train").examples;
    std::vector<std::size_t> list;
    std::set<std::size_t> seen;
    for (std::uint64_t counter = 0; std::ssize(list) < m_options.count && seen.size() < m_pool; ++counter) {
        const auto i = static_cast<std::size_t>(splitmix64(seed + counter) % m_pool);
        if (seen.insert(i).second && examples[i].text != text) list.push_back(i);
    }
    return list;
}

std::vector<std::size_t> Demonstrations::nearest(const std::string& split, std::size_t item) {
    const at::Tensor question = embeddings(split)[static_cast<std::int64_t>(item)];
    const at::Tensor likeness = at::mv(embeddings("train"), question);
    // One more for the question itself, and one for a text that is there twice.
    const std::int64_t most = std::min<std::int64_t>(likeness.size(0), m_options.count + 2);
    const at::Tensor order = std::get<1>(at::topk(likeness, most)).cpu();
    const auto& examples = m_data.split("train").examples;
    const std::string& text = m_data.split(split).examples.at(item).text;
    std::vector<std::size_t> list;
    for (std::int64_t i = 0; i < most && std::ssize(list) < m_options.count; ++i) {
        const auto candidate = static_cast<std::size_t>(order.const_data_ptr<std::int64_t>()[i]);
        if (examples[candidate].text != text) list.push_back(candidate);
    }
    std::reverse(list.begin(), list.end());
    return list;
}

const at::Tensor& Demonstrations::embeddings(const std::string& split) {
    at::Tensor& known = m_embeddings[split];
    if (known.defined()) return known;
    const c10::NoGradGuard guard;
    std::size_t items = m_data.split(split).examples.size();
    if (split == "train") items = m_pool;
    const Stack& reader = m_model.backbone().stacks().front();
    std::vector<at::Tensor> rows;
    std::vector<Sequence> batch;
    std::int64_t tokens = 0;
    const auto flush = [&] {
        const StackStates states = reader.forward(PackedBatch::pack(batch, m_model.device()), nullptr, nullptr, {}, {});
        for (std::size_t s = 0; s < batch.size(); ++s) {
            const at::Tensor mean =
                states.last.narrow(0, states.offsets[s], states.offsets[s + 1] - states.offsets[s]).mean(0);
            rows.push_back(mean / mean.norm().clamp_min(1e-12));
        }
        batch.clear();
        tokens = 0;
    };
    for (std::size_t i = 0; i < items; ++i) {
        Sequence sequence;
        sequence.ids = ask(m_data.task(), m_data.tokenizer(), m_data.split(split).examples[i],
                           static_cast<std::size_t>(m_data.task().max_tokens))
                           .before;
        tokens += std::ssize(sequence.ids);
        batch.push_back(std::move(sequence));
        if (tokens >= tokens_per_batch || i + 1 == items) flush();
    }
    return known = at::stack(rows);
}

} // namespace diapason
