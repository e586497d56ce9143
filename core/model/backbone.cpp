#include "core/model/backbone.h"

#include <stdexcept>

namespace diapason {

Backbone::Backbone(const BackboneConfig& config, ParameterStore& store) : m_config(config) {
    const std::vector<StackShape> shapes = config.stacks();
    const std::vector<StackLayout> layouts = family_of(config).stacks(config);
    for (std::size_t s = 0; s < shapes.size(); ++s)
        m_stacks.push_back(build_stack(m_config, shapes[s], layouts[s], store));
    for (Stack& stack : m_stacks) {
        for (std::size_t i = 0; i < stack.layers.size(); ++i) {
            for (const auto& [sublayer, point, linear] : linears_of(stack.layers[i])) {
                const at::Tensor matrix = linear->matrix();
                m_linears.emplace_back(Site{stack.shape.name, static_cast<std::int64_t>(i), sublayer, point,
                                            matrix.size(1), matrix.size(0)},
                                       linear);
            }
        }
    }
}

HiddenStates Backbone::forward(const PackedBatch& batch, EmbeddingDelta* prompt, const ForwardState& state,
                               bool keep_all, const std::vector<std::int64_t>* rows) const {
    HiddenStates states;
    const StackRequest request{keep_all, rows, nullptr};
    if (m_stacks.size() == 1) {
        static_cast<StackStates&>(states) = m_stacks.front().forward(batch, prompt, nullptr, state, request);
        return states;
    }
    if (batch.target.offsets.size() != batch.offsets.size())
        throw std::logic_error("an encoder-decoder needs a decoder input for every sequence");
    states.encoder = m_stacks[0].forward(batch, prompt, nullptr, state, {keep_all, nullptr, nullptr});
    static_cast<StackStates&>(states) = m_stacks[1].forward(batch.target, nullptr, &states.encoder, state, request);
    return states;
}

RowLayout Backbone::layout(const PackedBatch& batch, const EmbeddingDelta* prompt) const {
    return m_stacks.size() == 1 ? RowLayout::of(batch, prompt) : RowLayout::of(batch.target, nullptr);
}

std::vector<NamedTable> Backbone::tables() {
    std::vector<NamedTable> list;
    for (Stack& stack : m_stacks) {
        const std::string address = stack.shape.name + ".embedding.";
        list.push_back({address + "words", stack.words_module, &stack.words});
        const std::pair<const char*, Table*> others[] = {{"positions", &stack.positions}, {"types", &stack.types}};
        for (const auto& [point, table] : others) {
            if (table->weight == nullptr) continue;
            std::string module = table->weight->name;
            replace_ending(module, ".weight", "");
            list.push_back({address + point, module, table});
        }
    }
    return list;
}

Stack& Backbone::stack(const std::string& name) {
    for (Stack& stack : m_stacks) {
        if (stack.shape.name == name) return stack;
    }
    throw std::logic_error("no stack " + name);
}

Layer& Backbone::layer_at(const Site& site) {
    Stack& owner = stack(site.stack);
    if (site.layer < 0 || site.layer >= owner.shape.layers) throw std::logic_error("no layer at " + site.address());
    return owner.layers[static_cast<std::size_t>(site.layer)];
}

Attention& Backbone::attention_at(const Site& site) {
    return attention_of(layer_at(site), site.sublayer);
}

Block& Backbone::block_at(const Site& site) {
    return block_of(layer_at(site), site.sublayer);
}

void Backbone::shift_positions(const std::string& stack_name, std::int64_t count) {
    stack(stack_name).position_shift += count;
}

Linear& Backbone::linear_at(const Site& site) {
    for (auto& [candidate, linear] : m_linears) {
        if (candidate == site) return *linear;
    }
    throw std::logic_error("no linear map at " + site.address());
}

} // namespace diapason
