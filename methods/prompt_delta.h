// Soft tokens in front of every sequence; also what PEFT's prompt-tuning folders are read into.
#pragma once

#include "core/model/deltas.h"

namespace diapason {

/// A table of P vectors, [P, width].
class PromptDelta : public EmbeddingDelta {
public:
    PromptDelta(Parameter& table, bool pool_first_soft_token) : m_table(&table), m_pool_first(pool_first_soft_token) {}

    std::int64_t length() const override { return m_table->value.size(0); }
    at::Tensor rows() override { return m_table->value; }
    bool pool_first_soft_token() const override { return m_pool_first; }

private:
    Parameter* m_table;
    bool m_pool_first;
};

} // namespace diapason
