// WordPiece: the longest match from the left (Wu et al. 2016, as BERT uses it).

#include "core/text/token_models.h"
#include "core/text/trie.h"
#include "core/text/vocabulary.h"

namespace diapason {
namespace {

class WordPiece : public TokenModel {
public:
    WordPiece(const StageJson& object, const StagePlace& place)
        : m_vocabulary(object, place),
          m_max_characters(stage_value(object, "max_input_chars_per_word", std::uint64_t{100}, place)) {
        const std::string prefix = stage_affix(object, "continuing_subword_prefix", "##", place);
        const auto unknown = stage_value<std::string>(object, "unk_token", "[UNK]", place);
        m_unknown = m_vocabulary.find(unknown);
        if (m_unknown < 0) (place / "unk_token").fail("is not in the vocabulary", unknown);
        // Where the prefix is empty a piece may stand in both places.
        const auto& pieces = m_vocabulary.pieces();
        for (std::size_t id = 0; id < pieces.size(); ++id) {
            if (pieces[id].empty()) continue;
            m_first.add(pieces[id], static_cast<std::uint32_t>(id));
            if (pieces[id].starts_with(prefix) && pieces[id].size() > prefix.size())
                m_later.add(std::string_view(pieces[id]).substr(prefix.size()), static_cast<std::uint32_t>(id));
        }
    }

    void encode(std::string_view word, std::vector<WordToken>& tokens) const override {
        const auto size = static_cast<std::uint32_t>(word.size());
        if (too_long(word)) return tokens.push_back({m_unknown, 0, size});
        const std::size_t before = tokens.size();
        for (std::uint32_t start = 0; start < size;) {
            const Trie& trie = start == 0 ? m_first : m_later;
            std::uint32_t node = Trie::root, end = start, id = Trie::none;
            for (std::uint32_t i = start; i < size; ++i) {
                if ((node = trie.child(node, Trie::code(word[i]))) == Trie::none) break;
                if (trie.value(node) == Trie::none) continue;
                id = trie.value(node);
                end = i + 1;
            }
            if (id == Trie::none) { // one unknown part makes the whole word unknown
                tokens.resize(before);
                return tokens.push_back({m_unknown, 0, size});
            }
            tokens.push_back({static_cast<std::int64_t>(id), start, end});
            start = end;
        }
    }

    std::int64_t id_of(std::string_view piece) const override { return m_vocabulary.find(piece); }
    const std::vector<std::string>& pieces() const override { return m_vocabulary.pieces(); }
    std::size_t entries() const override { return m_vocabulary.entries(); }

private:
    bool too_long(std::string_view word) const {
        if (word.size() <= m_max_characters) return false;
        std::uint64_t characters = 0;
        for (const char c : word)
            characters += (static_cast<std::uint8_t>(c) & 0xC0) != 0x80;
        return characters > m_max_characters;
    }

    Vocabulary m_vocabulary;
    Trie m_first, m_later; ///< pieces that begin a word, and those behind the prefix
    std::uint64_t m_max_characters;
    std::int64_t m_unknown = -1;
};

} // namespace

std::unique_ptr<TokenModel> make_word_piece(const StageJson& object, const StagePlace& place) {
    return std::make_unique<WordPiece>(object, place);
}

} // namespace diapason
