// Soft tokens in front of every sequence; also what PEFT's prompt-tuning folders are read into.
#pragma once

#include "core/model/deltas.h"

namespace diapason {

/// The first P vectors of a table, [≥ P, width]: PEFT's tables for encoder-decoders hold P more, which nothing reads.
/// An ensemble has the vectors of one member after the other, [members · P, width].
class PromptDelta : public EmbeddingDelta {
public:
    PromptDelta(Parameter& table, std::int64_t length, bool pool_first_soft_token, std::int64_t members = 1)
        : m_table(&table),
          m_length(length),
          m_pool_first(pool_first_soft_token),
          m_members(members) {}

    std::int64_t length() const override { return m_length; }
    at::Tensor rows() override {
        return m_table->value.narrow(0, m_chosen < 0 ? 0 : m_chosen * m_length, members() * m_length);
    }
    std::int64_t members() const override { return m_chosen < 0 ? m_members : 1; }
    void choose(std::int64_t member) override { m_chosen = member; }
    bool pool_first_soft_token() const override { return m_pool_first; }

private:
    Parameter* m_table;
    std::int64_t m_length;
    bool m_pool_first;
    std::int64_t m_members, m_chosen = -1;
};

} // namespace diapason
