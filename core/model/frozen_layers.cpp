// The first layers of a model as long as nothing in them changes: which they are, and passes that stop behind them or
// go on from there.

#include "core/model/model.h"

#include <c10/core/GradMode.h>

#include <algorithm>

namespace diapason {
namespace {

using Parameters = std::vector<const Parameter*>;

// Several maps may share a tensor.
void add(Parameters& list, std::initializer_list<const Parameter*> more) {
    for (const Parameter* parameter : more) {
        if (parameter != nullptr && std::find(list.begin(), list.end(), parameter) == list.end())
            list.push_back(parameter);
    }
}

Parameters embedding_parameters(const Stack& stack) {
    Parameters list;
    add(list, {stack.words.weight, stack.positions.weight, stack.types.weight});
    add(list, {stack.embedding_norm.weight, stack.embedding_norm.bias});
    return list;
}

Parameters layer_parameters(Layer& layer) {
    Parameters list;
    for (const auto& [sublayer, point, linear] : linears_of(layer))
        add(list, {linear->weight, linear->bias});
    for (const Block* block : {&layer.self_block, &layer.cross_block, &layer.ffn_block})
        add(list, {block->norm.weight, block->norm.bias});
    return list;
}

bool trained(const Parameters& parameters) {
    return std::any_of(parameters.begin(), parameters.end(),
                       [](const Parameter* parameter) { return parameter->value.requires_grad(); });
}

bool has_deltas(Layer& layer) {
    for (const auto& [sublayer, point, linear] : linears_of(layer)) {
        if (!linear->deltas.empty()) return true;
    }
    for (const Attention* attention : {&layer.self, &layer.cross}) {
        if (!attention->prefixes.empty() || !attention->head_deltas.empty()) return true;
    }
    return !layer.self_block.deltas.empty() || !layer.cross_block.deltas.empty() || !layer.ffn_block.deltas.empty();
}

// Relative positions read a table of the whole stack, and prefixes of higher layers change what they count.
bool embeddings_change(const Stack& stack) {
    for (const Table* table : {&stack.words, &stack.positions, &stack.types}) {
        if (!table->deltas.empty()) return true;
    }
    return !stack.entered.empty() || stack.relative != nullptr || stack.position_shift != 0 ||
           trained(embedding_parameters(stack));
}

} // namespace

std::int64_t Model::frozen_layers() {
    if (config().encoder_decoder || m_prompt != nullptr || m_template) return 0;
    Stack& stack = m_backbone->stack(config().stack());
    if (embeddings_change(stack)) return 0;
    const auto changed = std::find_if(stack.layers.begin(), stack.layers.end(), [](Layer& layer) {
        return has_deltas(layer) || trained(layer_parameters(layer));
    });
    return changed - stack.layers.begin();
}

std::string Model::hash_below(std::int64_t layer) {
    Stack& stack = m_backbone->stack(config().stack());
    Parameters list = embedding_parameters(stack);
    for (std::int64_t i = 0; i < layer; ++i) {
        for (const Parameter* parameter : layer_parameters(stack.layers[static_cast<std::size_t>(i)]))
            list.push_back(parameter);
    }
    return hash_tensors(list);
}

StackStates Model::entering(const PackedBatch& batch, std::int64_t layer) {
    const c10::NoGradGuard guard;
    const Stack& stack = m_backbone->stacks().front();
    const RowLayout layout = m_backbone->layout(batch, nullptr);
    StackRequest request;
    request.end = layer;
    std::optional<std::vector<std::int64_t>> read;
    if (layer == std::ssize(stack.layers)) read = m_head->rows_read(layout, batch, false, Rows::labelled);
    if (read) request.rows = &*read;
    StackStates states = stack.forward(batch, nullptr, nullptr, {}, request);
    if (!read) return states;
    // Without a prompt heads read rows in the order of the text.
    for (std::int64_t& offset : states.offsets)
        offset = std::lower_bound(read->begin(), read->end(), offset) - read->begin();
    return states;
}

at::Tensor Model::read_entered(const at::Tensor& rows, std::int64_t layer, const PackedBatch& batch,
                               const ForwardState& state) {
    prepare();
    const Stack& stack = m_backbone->stacks().front();
    StackRequest request;
    request.begin = layer;
    request.entering = rows;
    const auto read = m_head->rows_read(m_backbone->layout(batch, nullptr), batch, false, Rows::labelled);
    if (read) request.rows = &*read;
    return stack.forward(batch, nullptr, nullptr, state, request).last;
}

} // namespace diapason
