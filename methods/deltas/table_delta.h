// Deltas on tables of embeddings: low-rank updates and rows that are trained themselves; what PEFT's folders are read
// into.
#pragma once

#include "core/model/layers.h"

#include <cstdint>
#include <vector>

namespace diapason {

/// LoRA on a table E [N, d]: row n becomes E[n] + s · B A[:, n]. With a magnitude it is DoRA: column j of the changed
/// table, E' = E + s (B A)ᵀ, is scaled by m_j / ‖E'[:, j]‖, the norm a constant in the backward pass.
class LoraTable : public TableDelta {
public:
    struct Update {
        Parameter* a = nullptr;         ///< [r, N]
        Parameter* b = nullptr;         ///< [d, r]
        Parameter* magnitude = nullptr; ///< m, [d]; null = LoRA
        double scale = 1;               ///< s
    };
    /// @param table that the delta is on
    LoraTable(const Update& update, const Table& table) : m_update(update), m_table(&table) {}

    at::Tensor apply(const at::Tensor& y, const at::Tensor& rows) override;
    void merge(at::Tensor& table) const override;

private:
    at::Tensor ratio(const at::Tensor& table) const; ///< m / ‖E'‖, [d]

    Update m_update;
    const Table* m_table;
};

/// The rows of a list of numbers are trained; the rest of the table stays as it is.
class TrainedRows : public TableDelta {
public:
    /// @param rows [n, d], what stands in place of the rows `numbers` @param count rows of the table
    TrainedRows(Parameter& rows, const std::vector<std::int64_t>& numbers, std::int64_t count);

    at::Tensor apply(const at::Tensor& y, const at::Tensor& rows) override;
    void merge(at::Tensor& table) const override;

private:
    Parameter* m_rows;
    at::Tensor m_numbers; ///< [n]
    at::Tensor m_place;   ///< [count]: which of the n a row is, -1 = none
};

/// The same for an output that shares the table: some of its outputs have weights of their own. As in PEFT 0.21, the
/// map's bias is then left out (BERT's masked language model has one).
class TrainedOutputs : public LinearDelta {
public:
    TrainedOutputs(Parameter& rows, const std::vector<std::int64_t>& numbers, const Linear& linear);

    at::Tensor apply(const at::Tensor& x, const at::Tensor& y, const ForwardState& state) override;
    bool merge_output(at::Tensor& weight, at::Tensor& offset) const override;

private:
    Parameter* m_rows;
    const Linear* m_linear;
    at::Tensor m_numbers;
};

} // namespace diapason
