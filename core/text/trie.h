// Prefix search over a set of keys: every key that a text continues with at some place, in one walk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace diapason {

/// Keys are sequences of symbols below 2^21 (bytes or code points). All edges lie in one hash table, so that a walk
/// costs one probe a symbol and a vocabulary of millions needs no pointer of its own. Immutable after the last add().
class Trie {
public:
    static constexpr std::uint32_t none = 0xFFFFFFFF;
    static constexpr std::uint32_t root = 0;

    template <typename Symbols>
    void add(const Symbols& key, std::uint32_t value) {
        std::uint32_t node = root;
        for (const auto symbol : key)
            node = child_or_new(node, code(symbol));
        m_values[node] = value;
    }

    /// The value of a key, `none` when it is not there.
    template <typename Symbols>
    std::uint32_t find(const Symbols& key) const {
        std::uint32_t node = root;
        for (const auto symbol : key)
            if ((node = child(node, code(symbol))) == none) return none;
        return value(node);
    }

    /// The node behind an edge, `none` where there is no such edge.
    std::uint32_t child(std::uint32_t node, std::uint32_t symbol) const {
        const std::uint64_t key = key_of(node, symbol);
        for (std::size_t i = slot_of(key);; i = (i + 1) & (m_slots.size() - 1)) {
            if (m_slots[i].key == key) return m_slots[i].node;
            if (m_slots[i].key == 0) return none;
        }
    }
    std::uint32_t value(std::uint32_t node) const { return m_values[node]; } ///< `none`: no key ends here

    template <typename Symbol>
    static std::uint32_t code(Symbol symbol) {
        if constexpr (sizeof(Symbol) == 1)
            return static_cast<std::uint8_t>(symbol);
        else
            return static_cast<std::uint32_t>(symbol);
    }

private:
    struct Slot {
        std::uint64_t key = 0;
        std::uint32_t node = none;
    };

    // Never 0, which marks a free slot.
    static std::uint64_t key_of(std::uint32_t node, std::uint32_t symbol) {
        return (static_cast<std::uint64_t>(node) << 21 | symbol) + 1;
    }
    std::size_t slot_of(std::uint64_t key) const {
        return static_cast<std::size_t>((key * 0x9E3779B97F4A7C15ull) >> 24) & (m_slots.size() - 1);
    }
    void put(std::uint64_t key, std::uint32_t node) {
        std::size_t i = slot_of(key);
        while (m_slots[i].key != 0)
            i = (i + 1) & (m_slots.size() - 1);
        m_slots[i] = {key, node};
    }
    std::uint32_t child_or_new(std::uint32_t node, std::uint32_t symbol) {
        if (const std::uint32_t found = child(node, symbol); found != none) return found;
        if (2 * m_values.size() > m_slots.size()) {
            std::vector<Slot> old(m_slots.size() * 2);
            old.swap(m_slots);
            for (const Slot& slot : old)
                if (slot.key != 0) put(slot.key, slot.node);
        }
        const auto next = static_cast<std::uint32_t>(m_values.size());
        m_values.push_back(none);
        put(key_of(node, symbol), next);
        return next;
    }

    std::vector<Slot> m_slots = std::vector<Slot>(64);
    std::vector<std::uint32_t> m_values = {none};
};

} // namespace diapason
