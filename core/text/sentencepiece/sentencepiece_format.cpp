// The format "SentencePiece model": what surrounds the library's own model in each class of tokenizers.
#include "core/text/sentencepiece/sentencepiece_format.h"

#include "core/base/error.h"
#include "core/text/sentencepiece/sentencepiece_codec.h"
#include "core/text/sentencepiece_module.h"
#include "core/text/special_tokens.h"

#include <map>

namespace diapason {
namespace {

constexpr std::int64_t max_extra_ids = 100'000;

// What a class of tokenizers puts around a text. Flags of tokenizer_config.json decide where they are there.
struct Family {
    bool bos, eos;
    std::int64_t extra_ids;   ///< T5's sentinels, the last id first
    std::int64_t second_type; ///< type id of the second text of a pair
};

const std::map<std::string, Family>& families() {
    static const std::map<std::string, Family> table = {
        {"", {false, false, 0, 1}},
        {"T5Tokenizer", {false, true, 100, 0}},
        {"MT5Tokenizer", {false, true, 0, 0}},
        {"LlamaTokenizer", {true, false, 0, 1}},
        {"CodeLlamaTokenizer", {true, false, 0, 1}},
        {"GemmaTokenizer", {true, false, 0, 1}},
    };
    return table;
}

std::int64_t role_id(const SentencePieceCodec& codec, const SpecialTokens& special, const char* field,
                     std::int64_t of_model, const std::string& origin) {
    const std::string content = special.content(field);
    const std::int64_t id = content.empty() ? of_model : codec.id_of(content);
    if (id < 0) throw input_error(origin, std::string("has no piece for the ") + field + " " + content);
    return id;
}

void add_extra_pieces(SentencePieceCodec& codec, const SpecialTokens& special, std::int64_t extra_ids) {
    for (std::int64_t i = extra_ids - 1; i >= 0; --i)
        codec.add_piece("<extra_id_" + std::to_string(i) + ">", true);
    for (const StageJson& token : special.added())
        codec.add_piece(token.at("content").get<std::string>(), token.value("special", true));
}

} // namespace

std::shared_ptr<const Tokenizer> read_sentencepiece_model(const TokenizerFiles& files) {
    const std::string name = sentencepiece_model(files), origin = files.path(name).string();
    static constexpr SpecialRole roles[] = {
        {"bos_token", nullptr}, {"eos_token", nullptr}, {"unk_token", nullptr}, {"pad_token", nullptr}};
    const SpecialTokens special(files, roles);
    const auto family = families().find(special.tokenizer_class());
    if (family == families().end()) {
        (special.place() / "tokenizer_class")
            .fail("unsupported: a SentencePiece model of this tokenizer class; use its tokenizer.json",
                  special.tokenizer_class());
    }
    auto codec = std::make_unique<SentencePieceCodec>(files.read(name), origin);
    const std::int64_t extra = stage_value(special.config(), "extra_ids", family->second.extra_ids, special.place());
    if (extra < 0 || extra > max_extra_ids)
        (special.place() / "extra_ids").fail("must be a number from 0 to 100,000", std::to_string(extra));
    add_extra_pieces(*codec, special, extra);

    PostProcessor processor;
    processor.single.clear();
    processor.pair.clear();
    const bool bos = special.flag("add_bos_token", family->second.bos);
    const bool eos = special.flag("add_eos_token", family->second.eos);
    for (const int text : {0, 1}) {
        const std::int64_t type = text == 0 ? 0 : family->second.second_type;
        std::vector<PostProcessor::Item> items;
        if (bos) items.push_back({-1, {role_id(*codec, special, "bos_token", codec->bos_id(), origin)}, type});
        items.push_back({text, {}, type});
        if (eos) items.push_back({-1, {role_id(*codec, special, "eos_token", codec->eos_id(), origin)}, type});
        if (text == 0) processor.single = items;
        processor.pair.insert(processor.pair.end(), items.begin(), items.end());
    }
    return std::make_shared<const Tokenizer>(std::move(codec), std::move(processor));
}

} // namespace diapason
