#include "core/text/sentencepiece/model_check.h"

#include "core/text/unicode.h"
#include "core/text/vocabulary.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <unordered_set>
#include <vector>

namespace diapason {
namespace {

// Fields of the schema, sentencepiece_model.proto.
constexpr std::uint32_t model_pieces = 1, model_trainer = 2, model_normalizer = 3, model_denormalizer = 5;
constexpr std::uint32_t piece_text = 1, piece_score = 2, piece_type = 3;
constexpr std::uint32_t trainer_model_type = 3;
constexpr std::uint32_t normalizer_map = 2;
constexpr std::uint64_t type_unknown = 2, type_byte = 6, last_type = 6;
constexpr std::uint64_t model_unigram = 1, model_char = 4;
constexpr std::size_t max_piece_bytes = 4096;

struct Fault {
    std::string what;
};

// One field after the other of a message.
class Reader {
public:
    explicit Reader(std::string_view all) : m_rest(all) {}

    std::uint32_t number = 0; ///< of the field that next() found
    std::uint64_t value = 0;  ///< where it is a number
    std::string_view bytes;   ///< where it is a text or a message

    bool next() {
        if (m_rest.empty()) return false;
        const std::uint64_t tag = varint();
        if (tag > 0xFFFFFFFF || tag >> 3 == 0) throw Fault{"a field without a number"};
        number = static_cast<std::uint32_t>(tag >> 3);
        bytes = {};
        value = 0;
        switch (tag & 7) {
        case 0:
            value = varint();
            return true;
        case 1:
            bytes = take(8);
            return true;
        case 2:
            bytes = take(varint());
            return true;
        case 5:
            bytes = take(4);
            return true;
        default:
            throw Fault{"a field of an unknown wire type"};
        }
    }

private:
    std::uint64_t varint() {
        std::uint64_t result = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const auto byte = static_cast<std::uint8_t>(take(1)[0]);
            result |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
            if (byte < 0x80) return result;
        }
        throw Fault{"a number of more than 64 bits"};
    }
    std::string_view take(std::uint64_t count) {
        if (count > m_rest.size()) throw Fault{"it ends in the middle of a field"};
        const std::string_view part = m_rest.substr(0, count);
        m_rest.remove_prefix(count);
        return part;
    }

    std::string_view m_rest;
};

// Every step that a text could make the library take through the double-array trie stays inside of it.
void check_map(std::string_view map) {
    if (map.empty()) return;
    std::uint32_t size = 0;
    if (map.size() < 4) throw Fault{"a character map shorter than its header"};
    std::memcpy(&size, map.data(), 4);
    if (size < 1024 || size % 4 != 0 || size >= map.size() - 4) throw Fault{"a character map whose trie does not fit"};
    std::vector<std::uint32_t> units(size / 4);
    std::memcpy(units.data(), map.data() + 4, size);
    const std::string_view texts = map.substr(4 + size);
    if (texts.back() != '\0') throw Fault{"a character map whose last text is not terminated"};
    const auto offset = [](std::uint32_t unit) { return (unit >> 10) << ((unit & (1u << 9)) >> 6); };
    std::vector<bool> seen(units.size());
    std::vector<std::uint32_t> open = {offset(units[0])};
    while (!open.empty()) {
        const std::uint32_t base = open.back();
        open.pop_back();
        if ((base | 0xFFu) >= units.size()) throw Fault{"a character map that points outside its trie"};
        if (seen[base]) continue;
        seen[base] = true;
        for (std::uint32_t label = 1; label < 256; ++label) {
            const std::uint32_t node = base ^ label, unit = units[node];
            if ((unit & (1u << 31 | 0xFF)) != label) continue;
            const std::uint32_t next = node ^ offset(unit);
            if ((unit >> 8 & 1) != 0 && (next >= units.size() || (units[next] & 0x7FFFFFFF) >= texts.size()))
                throw Fault{"a character map that points outside its texts"};
            open.push_back(next);
        }
    }
    // The library hands what it finds on as UTF-8.
    if (encode_utf8(decode_utf8(texts)) != texts) throw Fault{"a character map whose texts are not UTF-8"};
}

struct Pieces {
    std::unordered_set<std::string_view> texts;
    std::size_t unknown = 0, bytes = 0;

    void add(std::string_view message) {
        std::string_view text;
        std::uint64_t type = 1;
        float score = 0;
        for (Reader field(message); field.next();) {
            if (field.number == piece_text) text = field.bytes;
            if (field.number == piece_type) type = field.value;
            if (field.number == piece_score && field.bytes.size() == 4) std::memcpy(&score, field.bytes.data(), 4);
        }
        if (text.empty()) throw Fault{"a piece without a text"};
        if (text.size() > max_piece_bytes) throw Fault{"a piece of more than 4096 bytes"};
        if (text.find('\0') != std::string_view::npos) throw Fault{"a piece that contains NUL"};
        if (encode_utf8(decode_utf8(text)) != text) throw Fault{"a piece that is not UTF-8"};
        if (!texts.insert(text).second) throw Fault{"the piece " + std::string(text) + " twice"};
        if (texts.size() > Vocabulary::max_entries) throw Fault{"more than 2,000,000 pieces"};
        if (type < 1 || type > last_type) throw Fault{"a piece of an unknown type"};
        if (!std::isfinite(score)) throw Fault{"a piece whose score is not a number"};
        unknown += type == type_unknown;
        bytes += type == type_byte;
    }
};

} // namespace

std::string sentencepiece_model_fault(std::string_view model) {
    try {
        Pieces pieces;
        std::uint64_t kind = model_unigram;
        for (Reader field(model); field.next();) {
            if (field.number == model_pieces) {
                pieces.add(field.bytes);
            } else if (field.number == model_trainer) {
                for (Reader inner(field.bytes); inner.next();)
                    if (inner.number == trainer_model_type) kind = inner.value;
            } else if (field.number == model_normalizer || field.number == model_denormalizer) {
                for (Reader inner(field.bytes); inner.next();)
                    if (inner.number == normalizer_map) check_map(inner.bytes);
            }
        }
        if (pieces.texts.empty()) return "contains no pieces: it is not a SentencePiece model";
        if (pieces.unknown != 1) return "contains " + std::to_string(pieces.unknown) + " unknown pieces instead of one";
        if (pieces.bytes != 0 && pieces.bytes != 256)
            return "contains " + std::to_string(pieces.bytes) + " byte pieces instead of 256";
        if (kind < model_unigram || kind > model_char) return "is an unknown kind of model";
        return {};
    } catch (const Fault& fault) {
        return "is not a SentencePiece model: " + fault.what;
    }
}

} // namespace diapason
