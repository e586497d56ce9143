// Pieces and their ids, as the model of a tokenizer.json lists them.
#pragma once

#include "core/text/tokenizer_stages.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace diapason {

class Vocabulary {
public:
    static constexpr std::size_t max_entries = 2'000'000;
    static constexpr std::size_t max_piece_bytes = 4096; ///< a search goes that far at every place of a text

    Vocabulary() = default;
    /// An object {piece: id}. @throws Error(input) for ids that are no ids or that appear twice
    Vocabulary(const StageJson& object, const StagePlace& place);

    void add(std::string piece, std::int64_t id); ///< a piece that is there already gets this id
    /// @throws Error(input) for a piece that is too long
    static void check_length(const std::string& piece, const StagePlace& place);
    std::int64_t find(std::string_view piece) const {
        const auto found = m_ids.find(piece);
        return found == m_ids.end() ? -1 : found->second;
    }
    /// The id of <0x00> … <0xFF>, -1 where there is none.
    std::int64_t byte_piece(std::uint8_t byte) const;

    const std::vector<std::string>& pieces() const { return m_pieces; } ///< by id; holes are empty
    std::size_t entries() const { return m_ids.size(); }

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
    };

    std::unordered_map<std::string, std::int64_t, Hash, std::equal_to<>> m_ids;
    std::vector<std::string> m_pieces;
};

} // namespace diapason
