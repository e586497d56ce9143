// Soft tokens in front of every sequence; also what PEFT's prompt-tuning folders are read into.
#pragma once

#include "core/model/deltas.h"

namespace diapason {

/// The first P vectors of a table, [≥ P, width]: PEFT's tables for encoder-decoders hold P more, which nothing reads.
class PromptDelta : public EmbeddingDelta {
public:
    PromptDelta(Parameter& table, std::int64_t length, bool pool_first_soft_token)
        : m_table(&table),
          m_length(length),
          m_pool_first(pool_first_soft_token) {}

    std::int64_t length() const override { return m_length; }
    at::Tensor rows() override { return m_table->value.narrow(0, 0, m_length); }
    bool pool_first_soft_token() const override { return m_pool_first; }

private:
    Parameter* m_table;
    std::int64_t m_length;
    bool m_pool_first;
};

} // namespace diapason
