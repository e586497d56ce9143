// Prefixes: trained rows in front of a layer's keys and values; also what PEFT's folders are read into.
#pragma once

#include "core/model/deltas.h"
#include "methods/adapter/activation.h"
#include "methods/adapter/delta_tensor.h"

#include <vector>

namespace diapason {

/// Rows that are parameters of their own. @param key, value [P, kv_heads·head_width]
class PrefixRows : public KeyValueDelta {
public:
    PrefixRows(Parameter& key, Parameter& value, bool gated = false) : m_key(&key), m_value(&value), m_gated(gated) {}
    std::int64_t length() const override { return m_key->value.size(0); }
    KeyValues rows() override { return {m_key->value, m_value->value}; }
    bool gated() const override { return m_gated; }

private:
    Parameter* m_key;
    Parameter* m_value;
    bool m_gated;
};

/// A table [P, slices · w] whose slices are the keys and values of several layers; computed once a forward pass.
class PrefixTable : public SharedModule {
public:
    explicit PrefixTable(std::int64_t slices) : m_count(slices) {}
    void prepare() override;
    const at::Tensor& slice(std::int64_t index); ///< [P, w]
    virtual std::int64_t length() const = 0;     ///< P
    virtual at::Tensor table() = 0;              ///< [P, slices · w]
    std::int64_t slices() const { return m_count; }

private:
    std::int64_t m_count;
    std::vector<at::Tensor> m_slices;
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
    at::Tensor table() override { return m_table->value; }

private:
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
    std::int64_t length() const override { return m_layers.wte->value.size(0); }
    at::Tensor table() override;
    const Layers& layers() const { return m_layers; }

private:
    Layers m_layers;
};

/// Two slices of a table.
class PrefixSlices : public KeyValueDelta {
public:
    PrefixSlices(PrefixTable& table, std::int64_t key, std::int64_t value, bool gated = false)
        : m_table(&table),
          m_key(key),
          m_value(value),
          m_gated(gated) {}
    std::int64_t length() const override { return m_table->length(); }
    KeyValues rows() override { return {m_table->slice(m_key), m_table->slice(m_value)}; }
    bool gated() const override { return m_gated; }

    const PrefixTable& table() const { return *m_table; }
    std::int64_t key() const { return m_key; }     ///< number of its slice of keys
    std::int64_t value() const { return m_value; } ///< and of values

private:
    PrefixTable* m_table;
    std::int64_t m_key, m_value;
    bool m_gated;
};

/// A table [P, 2w] of keys and values that layers share, behind a mask of this layer (ProPETL).
class MaskedPrefix : public KeyValueDelta {
public:
    /// @param table with one slice @param mask its scores [P, 2w]
    MaskedPrefix(PrefixTable& table, const DeltaTensor& mask) : m_table(&table), m_mask(mask) {}
    std::int64_t length() const override { return m_table->length(); }
    KeyValues rows() override;

private:
    PrefixTable* m_table;
    DeltaTensor m_mask;
};

} // namespace diapason
