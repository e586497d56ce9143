#include "core/text/vocabulary.h"

#include <cstdio>

namespace diapason {

Vocabulary::Vocabulary(const StageJson& object, const StagePlace& place) {
    const auto list = object.find("vocab");
    const StagePlace here = place / "vocab";
    if (list == object.end() || !list->is_object()) here.fail("is missing");
    if (list->size() > max_entries) here.fail("has more than 2,000,000 entries", std::to_string(list->size()));
    m_ids.reserve(list->size());
    std::vector<bool> taken;
    for (const auto& [piece, id] : list->items()) {
        if (!id.is_number_integer() || id.get<std::int64_t>() < 0 ||
            id.get<std::int64_t>() >= static_cast<std::int64_t>(max_entries)) {
            (here / piece).fail("is not a token id", id.dump());
        }
        check_length(piece, here);
        const auto index = id.get<std::size_t>();
        if (index >= taken.size()) taken.resize(index + 1);
        if (taken[index]) (here / piece).fail("is already the id of another piece", std::to_string(index));
        taken[index] = true;
        add(piece, static_cast<std::int64_t>(index));
    }
}

void Vocabulary::check_length(const std::string& piece, const StagePlace& place) {
    if (piece.size() > max_piece_bytes)
        place.fail("contains a piece of more than " + std::to_string(max_piece_bytes) + " bytes", piece);
}

void Vocabulary::add(std::string piece, std::int64_t id) {
    const auto index = static_cast<std::size_t>(id);
    if (index >= m_pieces.size()) m_pieces.resize(index + 1);
    m_pieces[index] = piece;
    m_ids.insert_or_assign(std::move(piece), id);
}

std::int64_t Vocabulary::byte_piece(std::uint8_t byte) const {
    char text[8];
    std::snprintf(text, sizeof text, "<0x%02X>", static_cast<unsigned>(byte));
    return find(text);
}

} // namespace diapason
