#include "core/model/backbone.h"

#include "core/base/error.h"
#include "core/model/rows.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>

#include <stdexcept>

namespace diapason {

HiddenStates Backbone::forward(const PackedBatch& batch, EmbeddingDelta* prompt, const ForwardState& state,
                               bool keep_all) {
    const at::Device device = m_words->value.device();
    HiddenStates out;
    out.offsets = batch.offsets;
    at::Tensor words = look_up(m_words->value, batch.ids);
    at::Tensor positions = batch.positions;
    at::Tensor types = batch.type_ids;
    if (prompt != nullptr) {
        // The one place where virtual tokens enter: rows are picked from [prompt; tokens], so that positions, offsets
        // and label rows follow by arithmetic.
        const std::int64_t length = out.prompt = prompt->length();
        std::vector<std::int64_t> pick;
        for (std::size_t s = 0; s + 1 < batch.offsets.size(); ++s) {
            for (std::int64_t i = 0; i < length; ++i)
                pick.push_back(i);
            for (std::int64_t i = batch.offsets[s]; i < batch.offsets[s + 1]; ++i)
                pick.push_back(length + i);
            out.offsets[s + 1] = batch.offsets[s + 1] + static_cast<std::int64_t>(s + 1) * length;
        }
        const at::Tensor index = index_tensor(pick, device);
        words = select_rows(at::cat({prompt->rows(), words}), index);
        positions = select_rows(at::cat({at::arange(length, positions.options()), positions + length}), index);
        types = select_rows(at::cat({at::zeros({length}, types.options()), types}), index);
    }
    RotaryAngles angles;
    if (rotary()) angles = rotary_angles(m_config, positions);
    at::Tensor x = embed(words, positions, types, state);
    if (keep_all) out.all.push_back(x);
    for (std::int64_t i = 0; i < m_config.layers; ++i) {
        x = layer(static_cast<std::size_t>(i), x, out.offsets, rotary() ? &angles : nullptr, state);
        if (keep_all && i + 1 < m_config.layers) out.all.push_back(x);
    }
    out.last = finish(x);
    if (keep_all) out.all.push_back(out.last);
    return out;
}

Linear& Backbone::linear_at(const Site& site) {
    for (auto& [candidate, linear] : m_linears) {
        if (candidate == site) return *linear;
    }
    throw std::logic_error("no linear map at " + site.address());
}

void Backbone::add_linear(std::int64_t layer, const std::string& sublayer, const std::string& point, Linear& linear) {
    m_linears.emplace_back(
        Site{m_config.stack(), layer, sublayer, point, linear.weight->value.size(1), linear.weight->value.size(0)},
        &linear);
}

const Family& family_of(const BackboneConfig& config) {
    static const std::vector<Family> families = {bert_family(), llama_family()};
    for (const Family& family : families) {
        if (family.name == config.family) return family;
    }
    throw Error(ErrorKind::input, "unsupported: backbones of the family " + config.family + " cannot be computed");
}

} // namespace diapason
