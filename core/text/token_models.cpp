#include "core/text/token_models.h"

#include "core/text/vocabulary.h"

#include <map>

namespace diapason {
namespace {

// Every word that is in the vocabulary is a token.
class WordLevel : public TokenModel {
public:
    WordLevel(const StageJson& object, const StagePlace& place)
        : m_vocabulary(object, place),
          m_unknown(m_vocabulary.find(stage_value<std::string>(object, "unk_token", "<unk>", place))) {}

    void encode(std::string_view word, std::vector<WordToken>& tokens) const override {
        std::int64_t id = m_vocabulary.find(word);
        if (id < 0) id = m_unknown;
        if (id >= 0) tokens.push_back({id, 0, static_cast<std::uint32_t>(word.size())});
    }
    std::int64_t id_of(std::string_view piece) const override { return m_vocabulary.find(piece); }
    const std::vector<std::string>& pieces() const override { return m_vocabulary.pieces(); }
    std::size_t entries() const override { return m_vocabulary.entries(); }

private:
    Vocabulary m_vocabulary;
    std::int64_t m_unknown;
};

// Files of old versions do not say what they are.
std::string guess(const StageJson& object) {
    if (object.contains("merges")) return "BPE";
    if (object.contains("continuing_subword_prefix")) return "WordPiece";
    const auto list = object.find("vocab");
    return list != object.end() && list->is_array() ? "Unigram" : "WordLevel";
}

} // namespace

std::unique_ptr<TokenModel> make_word_level(const StageJson& object, const StagePlace& place) {
    return std::make_unique<WordLevel>(object, place);
}

std::unique_ptr<TokenModel> make_token_model(const StageJson& object, const StagePlace& place) {
    static const std::map<std::string, std::unique_ptr<TokenModel> (*)(const StageJson&, const StagePlace&)> makers = {
        {"BPE", make_bpe}, {"Unigram", make_unigram}, {"WordLevel", make_word_level}, {"WordPiece", make_word_piece}};
    if (object.is_null()) place.fail("is missing");
    if (object.is_object() && !object.contains("type")) return makers.at(guess(object))(object, place);
    return find_stage(makers, object, place, "tokenizer model")(object, place);
}

} // namespace diapason
