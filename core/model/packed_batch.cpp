#include "core/model/packed_batch.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <numeric>
#include <stdexcept>

namespace diapason {

at::Tensor index_tensor(const std::vector<std::int64_t>& values, at::Device device) {
    const auto host =
        at::from_blob(const_cast<std::int64_t*>(values.data()), {static_cast<std::int64_t>(values.size())}, at::kLong);
    // from_blob borrows: clone on the host, or copy to the device.
    return device.is_cpu() ? host.clone() : host.to(device);
}

PackedBatch PackedBatch::pack(std::span<const Sequence> sequences, at::Device device) {
    if (sequences.empty()) throw std::logic_error("a batch needs a sequence");
    PackedBatch batch;
    std::vector<std::int64_t> ids, types, positions, token_labels, front_labels, labels;
    std::vector<float> targets;
    batch.offsets.push_back(0);
    for (const Sequence& sequence : sequences) {
        if (sequence.ids.empty()) throw std::logic_error("a sequence needs a token");
        const std::size_t n = sequence.ids.size();
        const auto row = static_cast<std::int64_t>(ids.size());
        ids.insert(ids.end(), sequence.ids.begin(), sequence.ids.end());
        if (sequence.type_ids.empty())
            types.resize(types.size() + n, 0);
        else
            types.insert(types.end(), sequence.type_ids.begin(), sequence.type_ids.end());
        if (sequence.positions.empty()) {
            positions.resize(positions.size() + n);
            std::iota(positions.end() - static_cast<std::ptrdiff_t>(n), positions.end(), std::int64_t{0});
        } else {
            positions.insert(positions.end(), sequence.positions.begin(), sequence.positions.end());
        }
        for (std::size_t i = 0; i < sequence.labels.size(); ++i) {
            if (sequence.labels[i] == -100) continue;
            batch.label_row_list.push_back(row + static_cast<std::int64_t>(i));
            token_labels.push_back(sequence.labels[i]);
        }
        if (sequence.front_label != -100) {
            batch.front_sequences.push_back(batch.sequences());
            front_labels.push_back(sequence.front_label);
        }
        labels.push_back(sequence.label);
        targets.push_back(static_cast<float>(sequence.target));
        batch.offsets.push_back(static_cast<std::int64_t>(ids.size()));
    }
    batch.ids = index_tensor(ids, device);
    batch.type_ids = index_tensor(types, device);
    batch.positions = index_tensor(positions, device);
    batch.label_rows = index_tensor(batch.label_row_list, device);
    batch.token_labels = index_tensor(token_labels, device);
    batch.front_labels = index_tensor(front_labels, device);
    batch.labels = index_tensor(labels, device);
    batch.targets =
        at::from_blob(targets.data(), {static_cast<std::int64_t>(targets.size())}, at::kFloat).clone().to(device);
    return batch;
}

} // namespace diapason
