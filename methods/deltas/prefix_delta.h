// Prefixes: trained rows in front of a layer's keys and values; also what PEFT's folders are read into.
#pragma once

#include "core/model/deltas.h"
#include "methods/deltas/adapter/activation.h"
#include "methods/deltas/adapter/delta_tensor.h"

#include <vector>

namespace diapason {

/// Rows that are parameters of their own. @param key, value [P, kv_heads·head_width]
class PrefixRows : public KeyValueDelta {
public:
    PrefixRows(Parameter& key, Parameter& value, bool gated = false, bool in_slots = false)
        : m_key(&key),
          m_value(&value),
          m_gated(gated),
          m_in_slots(in_slots) {}
    std::int64_t length() const override { return m_key->value.size(0); }
    KeyValues rows() override { return {m_key->value, m_value->value}; }
    bool gated() const override { return m_gated; }
    bool in_slots() const override { return m_in_slots; }

private:
    Parameter* m_key;
    Parameter* m_value;
    bool m_gated, m_in_slots;
};

/// A table [P, slices · w] whose slices are the keys and values of several layers; computed once a forward pass.
class PrefixTable : public SharedModule {
public:
    explicit PrefixTable(std::int64_t slices) : m_count(slices) {}
    void prepare() override;
    const at::Tensor& slice(std::int64_t index);                           ///< [P, w]
    virtual std::int64_t length() const = 0;                               ///< P
    at::Tensor table() { return m_fixed.defined() ? m_fixed : compute(); } ///< [P, slices · w]
    bool fixed() const { return m_fixed.defined(); }                       ///< no network behind it any more
    std::int64_t slices() const { return m_count; }
    /// From now on the table is this one: what a trained network gave.
    void fix(const at::Tensor& table) {
        m_fixed = table;
        m_slices.clear();
    }

protected:
    virtual at::Tensor compute() = 0; ///< [P, slices · w]

private:
    std::int64_t m_count;
    std::vector<at::Tensor> m_slices;
    at::Tensor m_fixed;
};

/// A table that is a parameter itself, [P, slices · w] or the same numbers as one vector.
class FlatPrefixTable : public PrefixTable {
public:
    FlatPrefixTable(Parameter& table, std::int64_t slices) : FlatPrefixTable(table, slices, table.value.size(0)) {}
    FlatPrefixTable(Parameter& table, std::int64_t slices, std::int64_t length)
        : PrefixTable(slices),
          m_table(&table),
          m_length(length) {}
    std::int64_t length() const override { return m_length; }

private:
    at::Tensor compute() override { return m_table->value; }

    Parameter* m_table;
    std::int64_t m_length;
};

/// table = fc2(act(fc1(wte))), act = tanh (Li & Liang 2021, §4.3). wte [P, d], fc1 [m, d], fc2 [slices · w, m].
class ReparametrisedPrefixTable : public PrefixTable {
public:
    struct Layers {
        Parameter *wte, *fc1_weight, *fc1_bias, *fc2_weight, *fc2_bias;
        DeltaActivation activation = delta_activation("tanh");
    };
    ReparametrisedPrefixTable(const Layers& layers, std::int64_t slices) : PrefixTable(slices), m_layers(layers) {}
    std::vector<const Parameter*> parameters() const {
        return {m_layers.wte, m_layers.fc1_weight, m_layers.fc1_bias, m_layers.fc2_weight, m_layers.fc2_bias};
    }
    std::int64_t length() const override { return m_layers.wte->value.size(0); }
    const Layers& layers() const { return m_layers; }

private:
    at::Tensor compute() override;

    Layers m_layers;
};

/// Two slices of a table.
class PrefixSlices : public KeyValueDelta {
public:
    PrefixSlices(PrefixTable& table, std::int64_t key, std::int64_t value, bool gated = false, bool in_slots = false)
        : m_table(&table),
          m_key(key),
          m_value(value),
          m_gated(gated),
          m_in_slots(in_slots) {}
    std::int64_t length() const override { return m_table->length(); }
    KeyValues rows() override { return {m_table->slice(m_key), m_table->slice(m_value)}; }
    bool gated() const override { return m_gated; }
    bool in_slots() const override { return m_in_slots; }

    const PrefixTable& table() const { return *m_table; }
    std::int64_t key() const { return m_key; }     ///< number of its slice of keys
    std::int64_t value() const { return m_value; } ///< and of values

private:
    PrefixTable* m_table;
    std::int64_t m_key, m_value;
    bool m_gated, m_in_slots;
};

/// A table [P, width] as soft tokens: what a prefix is without the activations of later layers.
class TablePrompt : public EmbeddingDelta {
public:
    TablePrompt(PrefixTable& table, bool in_slots) : m_table(&table), m_in_slots(in_slots) {}
    std::int64_t length() const override { return m_table->length(); }
    at::Tensor rows() override { return m_table->slice(0); }
    bool in_slots() const override { return m_in_slots; }
    bool pool_first_soft_token() const override { return false; }

private:
    PrefixTable* m_table;
    bool m_in_slots;
};

/// A slice [P, 2w] of a table, keys beside values, behind a mask of this layer (ProPETL). Layers that share a prototype
/// have the same slice.
class MaskedPrefix : public KeyValueDelta {
public:
    /// @param mask its scores [P, 2w]; without scores the slice as it is
    MaskedPrefix(PrefixTable& table, const DeltaTensor& mask, std::int64_t slice = 0)
        : m_table(&table),
          m_mask(mask),
          m_slice(slice) {}
    std::int64_t length() const override { return m_table->length(); }
    KeyValues rows() override;
    at::Tensor joined(); ///< [P, 2w]
    /// From now on these are the rows, [P, 2w]: what the trained network gave, masked.
    void fix(const at::Tensor& rows) { m_fixed = rows; }

private:
    PrefixTable* m_table;
    DeltaTensor m_mask;
    std::int64_t m_slice;
    at::Tensor m_fixed;
};

} // namespace diapason
