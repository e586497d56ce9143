// Unigram language model (Kudo 2018): the segmentation with the highest sum of log-probabilities.

#include "core/text/token_models.h"
#include "core/text/trie.h"
#include "core/text/vocabulary.h"

#include <algorithm>
#include <limits>

namespace diapason {
namespace {

constexpr double unknown_penalty = 10; ///< below the worst piece

class Unigram : public TokenModel {
public:
    Unigram(const StageJson& object, const StagePlace& place)
        : m_byte_fallback(stage_value(object, "byte_fallback", false, place)) {
        const auto list = object.find("vocab");
        if (list == object.end() || !list->is_array()) (place / "vocab").fail("must be a list");
        if (list->size() > Vocabulary::max_entries)
            (place / "vocab").fail("has more than 2,000,000 entries", std::to_string(list->size()));
        double worst = std::numeric_limits<double>::infinity();
        for (const StageJson& entry : *list) {
            const std::size_t id = m_scores.size();
            if (!entry.is_array() || entry.size() != 2 || !entry[0].is_string() || !entry[1].is_number())
                (place / ("vocab[" + std::to_string(id) + "]")).fail("is not [piece, score]", entry.dump());
            m_scores.push_back(entry[1].get<double>());
            worst = std::min(worst, m_scores.back());
            const auto& piece = entry[0].get_ref<const std::string&>();
            Vocabulary::check_length(piece, place / "vocab");
            m_vocabulary.add(piece, static_cast<std::int64_t>(id));
            if (!piece.empty()) m_trie.add(piece, static_cast<std::uint32_t>(id));
        }
        m_unknown = stage_value(object, "unk_id", std::int64_t{-1}, place);
        if (m_unknown >= static_cast<std::int64_t>(m_scores.size()))
            (place / "unk_id").fail("is beyond the vocabulary", std::to_string(m_unknown));
        m_unknown_score = worst - unknown_penalty;
        for (unsigned byte = 0; byte < 256; ++byte)
            m_bytes[byte] = m_byte_fallback ? m_vocabulary.byte_piece(static_cast<std::uint8_t>(byte)) : -1;
        m_place = place;
    }

    void encode(std::string_view word, std::vector<WordToken>& tokens) const override {
        if (word.empty()) return;
        std::vector<Node> best(word.size() + 1);
        search(word, best);
        // Backwards; neighbours that are unknown become one.
        std::vector<WordToken> reversed;
        bool fusing = false;
        for (auto end = static_cast<std::uint32_t>(word.size()); end > 0;) {
            const Node& node = best[end];
            const bool unknown = node.id == m_unknown;
            if (unknown && fusing)
                reversed.back().begin = node.begin;
            else
                reversed.push_back({node.id, node.begin, end});
            fusing = unknown;
            end = node.begin;
        }
        for (auto token = reversed.rbegin(); token != reversed.rend(); ++token)
            add(word.substr(token->begin, token->end - token->begin), *token, tokens);
    }

    std::int64_t id_of(std::string_view piece) const override { return m_vocabulary.find(piece); }
    const std::vector<std::string>& pieces() const override { return m_vocabulary.pieces(); }
    std::size_t entries() const override { return m_vocabulary.entries(); }

private:
    static constexpr std::uint32_t nowhere = 0xFFFFFFFF;
    struct Node { ///< the best way to a place
        double score = 0;
        std::uint32_t begin = nowhere;
        std::int64_t id = -1;
    };

    // Viterbi from left to right.
    void search(std::string_view word, std::vector<Node>& best) const {
        const auto reach = [&](std::uint32_t begin, std::uint32_t end, double score, std::int64_t id) {
            Node& node = best[end];
            if (node.begin == nowhere || score > node.score) node = {score, begin, id};
        };
        for (std::uint32_t at = 0; at < word.size();) {
            const double here = best[at].score;
            const auto lead = static_cast<std::uint8_t>(word[at]);
            const std::uint32_t character = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
            bool alone = false; // the character is a piece
            std::uint32_t node = Trie::root;
            for (auto i = at; i < word.size(); ++i) {
                if ((node = m_trie.child(node, Trie::code(word[i]))) == Trie::none) break;
                const std::uint32_t id = m_trie.value(node);
                if (id == Trie::none) continue;
                reach(at, i + 1, here + m_scores[id], id);
                alone |= i + 1 - at == character;
            }
            if (!alone) {
                if (m_unknown < 0)
                    (m_place / "unk_id").fail("is missing, and a text contains a character without a piece");
                reach(at, at + character, here + m_unknown_score, m_unknown);
            }
            at += character;
        }
    }

    void add(std::string_view text, WordToken token, std::vector<WordToken>& tokens) const {
        if (token.id == m_unknown) {
            // What was fused may be a piece after all.
            if (const std::int64_t whole = m_vocabulary.find(text); whole >= 0) {
                token.id = whole;
            } else if (m_byte_fallback && std::all_of(text.begin(), text.end(), [this](char c) {
                           return m_bytes[static_cast<std::uint8_t>(c)] >= 0;
                       })) {
                for (const char c : text)
                    tokens.push_back({m_bytes[static_cast<std::uint8_t>(c)], token.begin, token.end});
                return;
            } else {
                token.verbatim = true;
            }
        }
        tokens.push_back(token);
    }

    Vocabulary m_vocabulary;
    Trie m_trie;
    std::vector<double> m_scores;
    bool m_byte_fallback;
    std::int64_t m_unknown = -1;
    double m_unknown_score = 0;
    std::int64_t m_bytes[256];
    StagePlace m_place;
};

} // namespace

std::unique_ptr<TokenModel> make_unigram(const StageJson& object, const StagePlace& place) {
    return std::make_unique<Unigram>(object, place);
}

} // namespace diapason
