// Text to token ids and back, as a Hugging Face tokenizer.json says. Immutable once loaded, so any thread may use it.
#pragma once

#include "core/text/tokenizer_stages.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace diapason {

struct Encoding {
    std::vector<std::int64_t> ids;
    std::vector<std::int64_t> type_ids; ///< 0 or 1: first or second text
};

struct EncodeOptions {
    bool add_special_tokens = true;
    std::size_t max_length =
        0; ///< special tokens counted; 0 = no limit. Longer texts lose their end, the longer one first
};

class Tokenizer {
public:
    /// Reads tokenizer.json of a folder. @throws Error(input)
    static std::shared_ptr<const Tokenizer> load(const std::filesystem::path& folder);

    Encoding encode(std::string_view text, const EncodeOptions& options = {}) const;
    Encoding encode_pair(std::string_view text, std::string_view pair, const EncodeOptions& options = {}) const;
    std::string decode(const std::vector<std::int64_t>& ids, bool skip_special = true) const;

    std::size_t size() const { return m_pieces.size(); }
    std::int64_t id_of(const std::string& piece) const; ///< -1 when there is none
    const std::string& piece(std::int64_t id) const { return m_pieces.at(static_cast<std::size_t>(id)); }
    bool is_special(std::int64_t id) const;
    /// First of the given spellings that exists, -1 when none does. For "[MASK]", "<mask>" and the like.
    std::int64_t first_of(const std::vector<std::string>& spellings) const;

private:
    struct AddedToken {
        std::string content;
        std::int64_t id = 0;
        bool special = false;
    };

    std::vector<std::int64_t> encode_plain(std::string_view text) const;
    void encode_text(std::string_view text, std::vector<std::int64_t>& ids) const;

    std::unique_ptr<Normalizer> m_normalizer;
    std::unique_ptr<PreTokenizer> m_pre_tokenizer;
    std::unique_ptr<TokenModel> m_model;
    PostProcessor m_post_processor;
    std::unique_ptr<Decoder> m_decoder;
    std::vector<AddedToken> m_added;
    std::vector<std::string> m_pieces;
    std::vector<bool> m_special;
};

} // namespace diapason
