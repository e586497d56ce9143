#include "experiments/engine/frozen_store.h"

#include <algorithm>
#include <utility>

namespace diapason {

std::int64_t FrozenStore::bytes() const {
    const std::lock_guard lock(m_mutex);
    return m_bytes;
}

std::size_t FrozenStore::tables() const {
    const std::lock_guard lock(m_mutex);
    return m_tables.size();
}

std::shared_ptr<FrozenTable> FrozenStore::open(FrozenKey key) {
    const std::lock_guard lock(m_mutex);
    const auto known = std::find_if(m_tables.begin(), m_tables.end(), [&](const auto& t) { return t->key == key; });
    if (known != m_tables.end())
        m_tables.splice(m_tables.begin(), m_tables, known);
    else
        m_tables.push_front(std::make_shared<FrozenTable>(FrozenTable{std::move(key), {}, 0}));
    return m_tables.front();
}

const FrozenBatch* FrozenStore::find(const FrozenTable& table, std::int64_t batch) const {
    const std::lock_guard lock(m_mutex);
    const auto found = table.batches.find(batch);
    return found == table.batches.end() ? nullptr : &found->second;
}

const FrozenBatch& FrozenStore::keep(FrozenTable& table, std::int64_t batch, FrozenBatch states) {
    const std::lock_guard lock(m_mutex);
    const auto [kept, fresh] = table.batches.emplace(batch, std::move(states));
    if (fresh) {
        const auto bytes = static_cast<std::int64_t>(kept->second.rows.nbytes());
        table.bytes += bytes;
        m_bytes += bytes;
        make_room();
    }
    return kept->second;
}

void FrozenStore::make_room() {
    for (auto table = m_tables.end(); m_bytes > m_budget && table != m_tables.begin();) {
        --table;
        if (table->use_count() > 1) continue;
        m_bytes -= (*table)->bytes;
        table = m_tables.erase(table);
    }
}

} // namespace diapason
