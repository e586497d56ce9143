#include "core/model/packed_batch.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace diapason {

at::Tensor index_tensor(const std::vector<std::int64_t>& values, at::Device device) {
    const auto host =
        at::from_blob(const_cast<std::int64_t*>(values.data()), {static_cast<std::int64_t>(values.size())}, at::kLong);
    // from_blob borrows: clone on the host, or copy to the device.
    return device.is_cpu() ? host.clone() : host.to(device);
}

namespace {

// Token rows while they are collected on the host.
struct TokenRows {
    std::vector<std::int64_t> ids, types, positions, offsets{0}, slots;

    void add(const std::vector<std::int64_t>& more, const std::vector<std::int64_t>& more_types,
             const std::vector<std::int64_t>& more_positions) {
        if (more.empty()) throw std::logic_error("a sequence needs a token");
        const std::size_t n = more.size();
        for (const std::int64_t id : more) {
            if (id == prompt_slot) slots.push_back(static_cast<std::int64_t>(ids.size()));
            ids.push_back(id == prompt_slot ? 0 : id); // any token: its vector, or its keys and values, are replaced
        }
        if (more_types.empty())
            types.resize(types.size() + n, 0);
        else
            types.insert(types.end(), more_types.begin(), more_types.end());
        if (more_positions.empty()) {
            positions.resize(positions.size() + n);
            std::iota(positions.end() - static_cast<std::ptrdiff_t>(n), positions.end(), std::int64_t{0});
        } else {
            positions.insert(positions.end(), more_positions.begin(), more_positions.end());
        }
        offsets.push_back(static_cast<std::int64_t>(ids.size()));
    }

    PackedTokens packed(at::Device device) && {
        return {index_tensor(ids, device),
                index_tensor(types, device),
                index_tensor(positions, device),
                std::move(offsets),
                std::move(slots),
                std::move(ids)};
    }
};

// Which sequences are of one item, and its label.
void group_items(std::span<const Sequence> sequences, at::Device device, PackedBatch& batch) {
    std::vector<std::int64_t> begins, labels;
    for (std::size_t s = 0; s < sequences.size(); ++s) {
        if (sequences[s].follows) continue;
        begins.push_back(static_cast<std::int64_t>(s));
        labels.push_back(sequences[s].label);
    }
    if (begins.size() == sequences.size()) return;
    begins.push_back(std::ssize(sequences));
    std::int64_t most = 0;
    for (std::size_t i = 0; i < labels.size(); ++i)
        most = std::max(most, begins[i + 1] - begins[i]);
    std::vector<std::int64_t> of_items;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        for (std::int64_t k = 0; k < most; ++k)
            of_items.push_back(begins[i] + k < begins[i + 1] ? begins[i] + k : std::ssize(sequences));
    }
    batch.item_sequences = index_tensor(of_items, device).view({-1, most});
    batch.item_labels = index_tensor(labels, device);
}

} // namespace

PackedBatch PackedBatch::pack(std::span<const Sequence> sequences, at::Device device) {
    if (sequences.empty()) throw std::logic_error("a batch needs a sequence");
    PackedBatch batch;
    TokenRows tokens, target;
    std::vector<std::int64_t> token_labels, front_labels, labels, spans;
    std::vector<float> targets;
    for (const Sequence& sequence : sequences) {
        const bool decoder = !sequence.target_ids.empty();
        const std::int64_t row = (decoder ? target : tokens).offsets.back();
        const std::int64_t index = static_cast<std::int64_t>(tokens.offsets.size()) - 1;
        for (const std::int64_t slot : sequence.prompt_slots)
            tokens.slots.push_back(tokens.offsets.back() + slot);
        tokens.add(sequence.ids, sequence.type_ids, sequence.positions);
        if (decoder) target.add(sequence.target_ids, {}, sequence.target_positions);
        for (std::size_t i = 0; i < sequence.labels.size(); ++i) {
            if (sequence.labels[i] == -100) continue;
            batch.label_row_list.push_back(row + static_cast<std::int64_t>(i));
            token_labels.push_back(sequence.labels[i]);
        }
        if (sequence.front_label != -100) {
            batch.front_sequences.push_back(index);
            front_labels.push_back(sequence.front_label);
        }
        labels.push_back(sequence.label);
        spans.insert(spans.end(), {sequence.span_begin, sequence.span_end});
        targets.insert(targets.end(), sequence.targets.begin(), sequence.targets.end());
    }
    static_cast<PackedTokens&>(batch) = std::move(tokens).packed(device);
    if (target.offsets.size() > 1) batch.target = std::move(target).packed(device);
    batch.label_rows = index_tensor(batch.label_row_list, device);
    batch.token_labels = index_tensor(token_labels, device);
    batch.front_labels = index_tensor(front_labels, device);
    batch.labels = index_tensor(labels, device);
    batch.spans = index_tensor(spans, device).view({-1, 2});
    batch.targets =
        at::from_blob(targets.data(), {static_cast<std::int64_t>(targets.size())}, at::kFloat).clone().to(device);
    group_items(sequences, device, batch);
    if (const std::int64_t rows = batch.sequences(); batch.targets.numel() > rows)
        batch.targets = batch.targets.view({rows, -1});
    return batch;
}

} // namespace diapason
