// The stages of a tokenizer.json: normalizer, pre-tokenizer, model, post-processor, decoder. Each `type` of the format
// is one small class behind one of these interfaces; a new type is a class and a line in its registry.
#pragma once

#include "core/base/json.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace diapason {

class Normalizer {
public:
    virtual ~Normalizer() = default;
    virtual std::u32string apply(std::u32string text) const = 0;
};

/// Splits a normalised text into words; a byte-level one also rewrites them in its alphabet.
class PreTokenizer {
public:
    virtual ~PreTokenizer() = default;
    virtual std::vector<std::u32string> apply(std::vector<std::u32string> words) const = 0;
};

class TokenModel {
public:
    virtual ~TokenModel() = default;
    virtual void encode(const std::string& word, std::vector<std::int64_t>& ids) const = 0;
    virtual std::int64_t id_of(const std::string& piece) const = 0; ///< -1 when there is none
    virtual const std::vector<std::string>& pieces() const = 0;     ///< by id
};

/// Puts special tokens around one text or a pair.
class PostProcessor {
public:
    struct Item {
        int text = -1; ///< 0 or 1: that text goes here; -1: the special tokens `ids`
        std::vector<std::int64_t> ids;
        std::int64_t type_id = 0;
    };
    std::vector<Item> single, pair;
    std::size_t special_count(bool with_pair) const;
};

class Decoder {
public:
    virtual ~Decoder() = default;
    virtual std::string apply(const std::vector<std::string>& pieces) const = 0;
};

/// Each reads one object of the file; a null object gives a stage that does nothing.
/// @throws Error(input) naming file, field and type
std::unique_ptr<Normalizer> make_normalizer(const Json& object, const std::string& origin);
std::unique_ptr<PreTokenizer> make_pre_tokenizer(const Json& object, const std::string& origin);
std::unique_ptr<TokenModel> make_token_model(const Json& object, const std::string& origin);
PostProcessor make_post_processor(const Json& object, const std::string& origin);
std::unique_ptr<Decoder> make_decoder(const Json& object, const std::string& origin);

/// The printable stand-in of each byte in byte-level vocabularies (GPT-2's table).
const std::vector<char32_t>& byte_alphabet();

} // namespace diapason
