// Byte-pair encoding (Sennrich et al. 2016): of all neighbouring pairs the one that was merged first in training goes
// first, the leftmost where several are equal.

#include "core/text/token_models.h"
#include "core/text/unicode.h"
#include "core/text/vocabulary.h"

#include <queue>

#include <algorithm>

namespace diapason {
namespace {

constexpr std::size_t max_merges = 4'000'000;
constexpr std::size_t short_word = 48; ///< up to which a scan for the next merge beats a queue

// Pair of ids -> rank and joined id, in one flat table: looked up several times a character.
class MergeTable {
public:
    static constexpr std::uint32_t no_rank = 0xFFFFFFFF;
    struct Merge {
        std::uint32_t rank = no_rank;
        std::uint32_t joined = 0;
    };

    explicit MergeTable(std::size_t merges) {
        std::size_t size = 16;
        while (size < 2 * merges + 2)
            size *= 2;
        m_slots.resize(size);
    }
    void put(std::uint32_t a, std::uint32_t b, Merge merge) { m_slots[find_slot(a, b)] = {key(a, b), merge}; }
    Merge find(std::uint32_t a, std::uint32_t b) const { return m_slots[find_slot(a, b)].merge; }

private:
    struct Slot {
        std::uint64_t key = free;
        Merge merge;
    };
    static constexpr std::uint64_t free = 0xFFFFFFFFFFFFFFFFull;
    static std::uint64_t key(std::uint32_t a, std::uint32_t b) { return static_cast<std::uint64_t>(a) << 32 | b; }
    std::size_t find_slot(std::uint32_t a, std::uint32_t b) const {
        const std::uint64_t wanted = key(a, b);
        std::size_t i = static_cast<std::size_t>((wanted * 0x9E3779B97F4A7C15ull) >> 20) & (m_slots.size() - 1);
        while (m_slots[i].key != wanted && m_slots[i].key != free)
            i = (i + 1) & (m_slots.size() - 1);
        return i;
    }
    std::vector<Slot> m_slots;
};

struct Symbol {
    std::uint32_t id;
    std::uint32_t bytes; ///< of the word; 0 once it is part of its left neighbour
};

class Bpe : public TokenModel {
public:
    Bpe(const StageJson& object, const StagePlace& place)
        : m_vocabulary(object, place),
          m_merges(0),
          m_prefix(stage_affix(object, "continuing_subword_prefix", "", place)),
          m_suffix(stage_affix(object, "end_of_word_suffix", "", place)),
          m_byte_fallback(stage_value(object, "byte_fallback", false, place)),
          m_fuse_unknown(stage_value(object, "fuse_unk", false, place)),
          m_ignore_merges(stage_value(object, "ignore_merges", false, place)) {
        if (const double dropout = stage_value(object, "dropout", 0.0, place); dropout != 0)
            (place / "dropout").fail("unsupported: merges that are dropped at random", std::to_string(dropout));
        if (const auto unknown = stage_value<std::string>(object, "unk_token", "", place); !unknown.empty())
            m_unknown = m_vocabulary.find(unknown);
        read_merges(object, place);
        for (unsigned byte = 0; byte < 256; ++byte)
            m_bytes[byte] = m_byte_fallback ? m_vocabulary.byte_piece(static_cast<std::uint8_t>(byte)) : -1;
        m_common.assign(0x3000, -1);
        for (char32_t c = 0; c < m_common.size(); ++c)
            m_common[c] = m_vocabulary.find(encode_utf8({&c, 1}));
    }

    void encode(std::string_view word, std::vector<WordToken>& tokens) const override {
        if (word.empty()) return;
        if (m_ignore_merges) {
            if (const std::int64_t whole = m_vocabulary.find(word); whole >= 0)
                return tokens.push_back({whole, 0, static_cast<std::uint32_t>(word.size())});
        }
        std::vector<Symbol> symbols = first_symbols(word);
        if (symbols.size() <= short_word)
            merge_short(symbols);
        else
            merge_long(symbols);
        std::uint32_t at = 0;
        for (const Symbol& symbol : symbols) {
            if (symbol.bytes == 0) continue;
            tokens.push_back({symbol.id, at, at + symbol.bytes});
            at += symbol.bytes;
        }
    }

    std::int64_t id_of(std::string_view piece) const override { return m_vocabulary.find(piece); }
    const std::vector<std::string>& pieces() const override { return m_vocabulary.pieces(); }
    std::size_t entries() const override { return m_vocabulary.entries(); }

private:
    void read_merges(const StageJson& object, const StagePlace& place) {
        const auto list = object.find("merges");
        if (list == object.end() || !list->is_array()) (place / "merges").fail("is missing");
        if (list->size() > max_merges)
            (place / "merges").fail("has more than 4,000,000 entries", std::to_string(list->size()));
        m_merges = MergeTable(list->size());
        std::uint32_t rank = 0;
        for (const StageJson& merge : *list) {
            std::string left, right;
            if (merge.is_string()) { // "a b"
                const auto& text = merge.get_ref<const std::string&>();
                const auto space = text.find(' ');
                left = text.substr(0, space);
                right = space == std::string::npos ? "" : text.substr(space + 1);
            } else if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
                left = merge[0].get<std::string>();
                right = merge[1].get<std::string>();
            }
            const std::int64_t a = m_vocabulary.find(left);
            const std::int64_t b = m_vocabulary.find(right);
            // The right part loses the mark of a continuation when it joins.
            const std::int64_t joined =
                right.size() < m_prefix.size() ? -1 : m_vocabulary.find(left + right.substr(m_prefix.size()));
            if (a < 0 || b < 0 || joined < 0) {
                (place / ("merges[" + std::to_string(rank) + "]"))
                    .fail("joins pieces that are not in the vocabulary", merge.dump());
            }
            m_merges.put(static_cast<std::uint32_t>(a), static_cast<std::uint32_t>(b),
                         {rank++, static_cast<std::uint32_t>(joined)});
        }
    }

    // One symbol a character, with byte pieces or the unknown token for what the vocabulary lacks.
    std::vector<Symbol> first_symbols(std::string_view word) const {
        std::vector<Symbol> symbols;
        symbols.reserve(word.size());
        std::uint32_t unknown_bytes = 0; // of an unknown token not yet written, which the next one may join
        std::string marked;
        for (std::size_t at = 0; at < word.size();) {
            const auto lead = static_cast<std::uint8_t>(word[at]);
            const std::uint32_t bytes = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
            std::string_view piece = word.substr(at, bytes);
            const bool first = at == 0, last = at + bytes >= word.size();
            at += bytes;
            std::int64_t id = -1;
            if ((first || m_prefix.empty()) && (!last || m_suffix.empty())) {
                const char32_t c = bytes == 1   ? lead
                                   : bytes == 2 ? (lead & 0x1Fu) << 6 | (piece[1] & 0x3Fu)
                                   : bytes == 3 ? (lead & 0xFu) << 12 | (piece[1] & 0x3Fu) << 6 | (piece[2] & 0x3Fu)
                                                : 0xFFFFFFFF;
                id = c < m_common.size() ? m_common[c] : m_vocabulary.find(piece);
            } else {
                marked = (first ? "" : m_prefix) + std::string(piece) + (last ? m_suffix : "");
                piece = marked;
                id = m_vocabulary.find(piece);
            }
            if (id < 0) {
                if (add_bytes(piece, symbols) || m_unknown < 0) continue;
                if (unknown_bytes > 0 && !m_fuse_unknown) {
                    symbols.push_back({static_cast<std::uint32_t>(m_unknown), unknown_bytes});
                    unknown_bytes = 0;
                }
                unknown_bytes += bytes;
                continue;
            }
            if (unknown_bytes > 0) symbols.push_back({static_cast<std::uint32_t>(m_unknown), unknown_bytes});
            unknown_bytes = 0;
            symbols.push_back({static_cast<std::uint32_t>(id), bytes});
        }
        if (unknown_bytes > 0) symbols.push_back({static_cast<std::uint32_t>(m_unknown), unknown_bytes});
        return symbols;
    }

    bool add_bytes(std::string_view piece, std::vector<Symbol>& symbols) const {
        if (!m_byte_fallback) return false;
        const bool all = std::all_of(piece.begin(), piece.end(),
                                     [this](char c) { return m_bytes[static_cast<std::uint8_t>(c)] >= 0; });
        if (!all) return false;
        for (const char c : piece)
            symbols.push_back({static_cast<std::uint32_t>(m_bytes[static_cast<std::uint8_t>(c)]), 1});
        return true;
    }

    void merge_short(std::vector<Symbol>& symbols) const {
        MergeTable::Merge next[short_word]; // of each symbol with the one behind it
        std::size_t size = symbols.size();
        for (std::size_t i = 0; i + 1 < size; ++i)
            next[i] = m_merges.find(symbols[i].id, symbols[i + 1].id);
        while (size > 1) {
            std::size_t best = 0;
            for (std::size_t i = 1; i + 1 < size; ++i)
                if (next[i].rank < next[best].rank) best = i;
            if (next[best].rank == MergeTable::no_rank) break;
            symbols[best] = {next[best].joined, symbols[best].bytes + symbols[best + 1].bytes};
            for (std::size_t i = best + 1; i + 1 < size; ++i) {
                symbols[i] = symbols[i + 1];
                next[i] = next[i + 1];
            }
            --size;
            if (best > 0) next[best - 1] = m_merges.find(symbols[best - 1].id, symbols[best].id);
            if (best + 1 < size) next[best] = m_merges.find(symbols[best].id, symbols[best + 1].id);
        }
        symbols.resize(size);
    }

    // A text without words - Llama 2 - is one word of any length: a queue keeps this at n log n.
    void merge_long(std::vector<Symbol>& symbols) const {
        constexpr std::uint32_t none = 0xFFFFFFFF;
        struct Candidate {
            std::uint32_t rank, at, left, right; ///< the ids it was made for: it is stale when they are others now
            bool operator>(const Candidate& other) const {
                return rank != other.rank ? rank > other.rank : at > other.at;
            }
        };
        const auto size = static_cast<std::uint32_t>(symbols.size());
        std::vector<std::uint32_t> before(size), behind(size);
        std::vector<Candidate> found;
        found.reserve(size);
        const auto candidate = [&](std::uint32_t i, auto&& add) {
            if (i == none || behind[i] == none) return;
            const std::uint32_t left = symbols[i].id, right = symbols[behind[i]].id;
            if (const std::uint32_t rank = m_merges.find(left, right).rank; rank != MergeTable::no_rank)
                add(Candidate{rank, i, left, right});
        };
        for (std::uint32_t i = 0; i < size; ++i) {
            before[i] = i == 0 ? none : i - 1;
            behind[i] = i + 1 == size ? none : i + 1;
        }
        for (std::uint32_t i = 0; i < size; ++i)
            candidate(i, [&](const Candidate& c) { found.push_back(c); });
        std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> queue({}, std::move(found));
        while (!queue.empty()) {
            const Candidate top = queue.top();
            queue.pop();
            Symbol& left = symbols[top.at];
            const std::uint32_t next = behind[top.at];
            if (left.bytes == 0 || next == none || left.id != top.left || symbols[next].id != top.right) continue;
            left = {m_merges.find(top.left, top.right).joined, left.bytes + symbols[next].bytes};
            symbols[next].bytes = 0;
            behind[top.at] = behind[next];
            if (behind[next] != none) before[behind[next]] = top.at;
            candidate(before[top.at], [&](const Candidate& c) { queue.push(c); });
            candidate(top.at, [&](const Candidate& c) { queue.push(c); });
        }
    }

    Vocabulary m_vocabulary;
    MergeTable m_merges;
    std::string m_prefix, m_suffix;
    bool m_byte_fallback, m_fuse_unknown, m_ignore_merges;
    std::int64_t m_unknown = -1;
    std::int64_t m_bytes[256];
    std::vector<std::int64_t> m_common; ///< ids of single characters below 0x3000
};

} // namespace

std::unique_ptr<TokenModel> make_bpe(const StageJson& object, const StagePlace& place) {
    return std::make_unique<Bpe>(object, place);
}

} // namespace diapason
