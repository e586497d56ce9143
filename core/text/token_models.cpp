#include "core/base/error.h"
#include "core/text/tokenizer_stages.h"
#include "core/text/unicode.h"

#include <limits>
#include <unordered_map>

namespace diapason {
namespace {

constexpr std::size_t max_vocabulary = 2'000'000;
constexpr std::size_t max_merges = 4'000'000;

// Pieces and their ids; ids must be a permutation of 0 … n-1 with holes left for added tokens.
class Vocabulary {
public:
    Vocabulary(const Json& object, const std::string& origin) {
        const auto vocabulary = object.find("vocab");
        if (vocabulary == object.end() || !vocabulary->is_object()) throw input_error(origin, "model.vocab is missing");
        if (vocabulary->size() > max_vocabulary)
            throw input_error(origin, "model.vocab has more than 2,000,000 entries");
        for (const auto& [piece, id] : vocabulary->items()) {
            if (!id.is_number_integer() || id.get<std::int64_t>() < 0 ||
                id.get<std::int64_t>() >= static_cast<std::int64_t>(max_vocabulary)) {
                throw input_error(origin, "model.vocab." + piece + " is no token id");
            }
            const auto index = static_cast<std::size_t>(id.get<std::int64_t>());
            if (index >= pieces.size()) pieces.resize(index + 1);
            if (!ids.emplace(piece, static_cast<std::int64_t>(index)).second || !pieces[index].empty()) {
                throw input_error(origin, "model.vocab gives the id " + std::to_string(index) + " twice");
            }
            pieces[index] = piece;
        }
    }
    std::int64_t find(const std::string& piece) const {
        const auto found = ids.find(piece);
        return found == ids.end() ? -1 : found->second;
    }

    std::unordered_map<std::string, std::int64_t> ids;
    std::vector<std::string> pieces;
};

// Longest match from the left (Wu et al. 2016 as BERT uses it).
class WordPiece : public TokenModel {
public:
    WordPiece(const Json& object, const std::string& origin)
        : m_vocabulary(object, origin),
          m_prefix(object.value("continuing_subword_prefix", "##")),
          m_max_characters(object.value("max_input_chars_per_word", std::size_t{100})),
          m_unknown(m_vocabulary.find(object.value("unk_token", "[UNK]"))) {
        if (m_unknown < 0) throw input_error(origin, "model.unk_token is not in the vocabulary");
    }

    void encode(const std::string& word, std::vector<std::int64_t>& ids) const override {
        const std::u32string characters = decode_utf8(word);
        if (characters.size() > m_max_characters) return ids.push_back(m_unknown);
        std::vector<std::size_t> bytes = {0}; // where each character begins
        for (const char32_t c : characters)
            bytes.push_back(bytes.back() + (c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4));
        const std::size_t first = ids.size();
        std::string piece;
        for (std::size_t start = 0; start < characters.size();) {
            std::size_t end = characters.size();
            std::int64_t id = -1;
            for (; end > start; --end) {
                piece.assign(start == 0 ? "" : m_prefix);
                piece.append(word, bytes[start], bytes[end] - bytes[start]);
                if ((id = m_vocabulary.find(piece)) >= 0) break;
            }
            if (id < 0) { // one unknown part makes the whole word unknown
                ids.resize(first);
                return ids.push_back(m_unknown);
            }
            ids.push_back(id);
            start = end;
        }
    }

    std::int64_t id_of(const std::string& piece) const override { return m_vocabulary.find(piece); }
    const std::vector<std::string>& pieces() const override { return m_vocabulary.pieces; }

private:
    Vocabulary m_vocabulary;
    std::string m_prefix;
    std::size_t m_max_characters;
    std::int64_t m_unknown;
};

// Byte-pair encoding (Sennrich et al. 2016): of all neighbouring pairs the one that was merged first in training goes
// first.
class Bpe : public TokenModel {
public:
    Bpe(const Json& object, const std::string& origin) : m_vocabulary(object, origin) {
        for (const char* field : {"continuing_subword_prefix", "end_of_word_suffix"}) {
            if (object.contains(field) && object.at(field).is_string() &&
                !object.at(field).get<std::string>().empty()) {
                throw input_error(origin, std::string("unsupported: model.") + field);
            }
        }
        if (object.value("byte_fallback", false)) throw input_error(origin, "unsupported: model.byte_fallback");
        m_ignore_merges = object.value("ignore_merges", false);
        const auto unknown = object.find("unk_token");
        m_unknown =
            unknown != object.end() && unknown->is_string() ? m_vocabulary.find(unknown->get<std::string>()) : -1;
        const auto merges = object.find("merges");
        if (merges == object.end() || !merges->is_array()) throw input_error(origin, "model.merges is missing");
        if (merges->size() > max_merges) throw input_error(origin, "model.merges has more than 4,000,000 entries");
        std::int64_t rank = 0;
        for (const Json& merge : *merges) {
            std::string left, right;
            if (merge.is_string()) { // "a b"
                const std::string text = merge.get<std::string>();
                const auto space = text.find(' ');
                left = text.substr(0, space);
                right = space == std::string::npos ? "" : text.substr(space + 1);
            } else if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
                left = merge[0].get<std::string>();
                right = merge[1].get<std::string>();
            }
            const std::int64_t a = m_vocabulary.find(left);
            const std::int64_t b = m_vocabulary.find(right);
            const std::int64_t joined = m_vocabulary.find(left + right);
            if (a < 0 || b < 0 || joined < 0) {
                throw input_error(origin, "model.merges[" + std::to_string(rank) + "] = " + merge.dump() +
                                              " joins pieces that are not in the vocabulary");
            }
            m_merges.emplace(key(a, b), Merge{rank++, joined});
        }
    }

    void encode(const std::string& word, std::vector<std::int64_t>& ids) const override {
        if (m_ignore_merges) {
            if (const std::int64_t whole = m_vocabulary.find(word); whole >= 0) return ids.push_back(whole);
        }
        std::vector<std::int64_t> parts;
        std::string piece;
        for (const char32_t c : decode_utf8(word)) {
            piece.clear();
            append_utf8(piece, c);
            const std::int64_t id = m_vocabulary.find(piece);
            if (id >= 0)
                parts.push_back(id);
            else if (m_unknown >= 0)
                parts.push_back(m_unknown);
        }
        // Words are short, so that a scan per merge beats a heap.
        while (parts.size() > 1) {
            std::size_t best = parts.size();
            Merge best_merge{std::numeric_limits<std::int64_t>::max(), -1};
            for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
                const auto found = m_merges.find(key(parts[i], parts[i + 1]));
                if (found != m_merges.end() && found->second.rank < best_merge.rank) {
                    best = i;
                    best_merge = found->second;
                }
            }
            if (best == parts.size()) break;
            const std::int64_t a = parts[best];
            const std::int64_t b = parts[best + 1];
            // Every place of this pair, from the left.
            std::size_t out = 0;
            for (std::size_t i = 0; i < parts.size(); ++i) {
                if (i + 1 < parts.size() && parts[i] == a && parts[i + 1] == b) {
                    parts[out++] = best_merge.joined;
                    ++i;
                } else {
                    parts[out++] = parts[i];
                }
            }
            parts.resize(out);
        }
        ids.insert(ids.end(), parts.begin(), parts.end());
    }

    std::int64_t id_of(const std::string& piece) const override { return m_vocabulary.find(piece); }
    const std::vector<std::string>& pieces() const override { return m_vocabulary.pieces; }

private:
    struct Merge {
        std::int64_t rank;
        std::int64_t joined;
    };
    static std::uint64_t key(std::int64_t a, std::int64_t b) {
        return static_cast<std::uint64_t>(a) << 32 | static_cast<std::uint64_t>(b);
    }

    Vocabulary m_vocabulary;
    std::unordered_map<std::uint64_t, Merge> m_merges;
    std::int64_t m_unknown = -1;
    bool m_ignore_merges = false;
};

} // namespace

std::unique_ptr<TokenModel> make_token_model(const Json& object, const std::string& origin) {
    if (!object.is_object()) throw input_error(origin, "model is missing");
    const std::string type = object.value("type", object.contains("merges") ? "BPE" : "");
    if (type == "WordPiece") return std::make_unique<WordPiece>(object, origin);
    if (type == "BPE") return std::make_unique<Bpe>(object, origin);
    throw Error(ErrorKind::input, {"unsupported: this tokenizer model is not known", origin, "model.type", type, {}});
}

} // namespace diapason
