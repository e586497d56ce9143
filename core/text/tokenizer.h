// Text to token ids and back, as the files of a backbone say. Immutable once loaded, so any thread may use it.
#pragma once

#include "core/text/post_processor.h"
#include "core/text/text_codec.h"

#include <nlohmann/json_fwd.hpp>

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
    std::vector<Span> offsets;          ///< code points of the text or the pair; special tokens {0, 0}. On request
};

/// Which text gives way when there is no room.
enum class TruncationStrategy { longest_first, only_first, only_second };

struct EncodeOptions {
    bool add_special_tokens = true;
    std::size_t max_length = 0; ///< special tokens counted; 0 = no limit. Texts lose their end
    TruncationStrategy strategy = TruncationStrategy::longest_first;
    bool with_offsets = false;
};

/// How a long second text is cut into windows.
struct WindowOptions {
    std::size_t max_length = 0; ///< of a window, first text and special tokens counted
    std::size_t overlap = 0;    ///< tokens of the second text that a window shares with the one before
    std::size_t max_first = 0;  ///< tokens of the first text that are kept; 0 = all
};

/// A pair of texts of which the second may be a part.
struct PairWindow {
    Encoding encoding;
    std::size_t pair_begin = 0, pair_end = 0; ///< ids of the second text
};

class Tokenizer {
public:
    /// Reads what a folder holds: tokenizer.json before the older files (tokenizer_files.h lists the formats).
    /// @throws Error(input)
    static std::shared_ptr<const Tokenizer> load(const std::filesystem::path& folder);
    /// The same with only these files of the folder.
    static std::shared_ptr<const Tokenizer> load(const std::filesystem::path& folder,
                                                 const std::vector<std::string>& files);
    /// From the content of a tokenizer.json, wherever it comes from. @throws Error(input) naming `origin`
    static std::shared_ptr<const Tokenizer> from_document(const nlohmann::json& document, const std::string& origin);

    Tokenizer(std::unique_ptr<TextCodec> codec, PostProcessor post_processor);

    /// @throws Error(input) when only_first or only_second cannot make the texts short enough
    Encoding encode(std::string_view text, const EncodeOptions& options = {}) const;
    Encoding encode_pair(std::string_view text, std::string_view pair, const EncodeOptions& options = {}) const;
    /// Both texts, as often as the second needs to be read to its end; with offsets. As the tokenizers library cuts
    /// them with truncation of the second text alone and a stride. A first text that leaves no room for a step of one
    /// token is cut until it does. @throws Error(input) when max_length has no room for two tokens
    std::vector<PairWindow> encode_windows(std::string_view text, std::string_view pair,
                                           const WindowOptions& options) const;
    std::string decode(const std::vector<std::int64_t>& ids, bool skip_special = true) const;

    std::size_t size() const { return m_codec->pieces().size(); }
    std::int64_t id_of(const std::string& piece) const { return m_codec->id_of(piece); } ///< -1 when there is none
    const std::string& piece(std::int64_t id) const { return m_codec->pieces().at(static_cast<std::size_t>(id)); }
    bool is_special(std::int64_t id) const { return m_codec->is_special(id); }
    /// First of the given spellings that exists, -1 when none does. For "[MASK]", "<mask>" and the like.
    std::int64_t first_of(const std::vector<std::string>& spellings) const;

private:
    std::vector<Token> tokens_of(std::string_view text, const EncodeOptions& options) const;
    Encoding assemble(const std::vector<PostProcessor::Item>& items, const std::vector<Token>* const (&texts)[2],
                      const EncodeOptions& options) const;

    std::unique_ptr<TextCodec> m_codec;
    PostProcessor m_post_processor;
};

} // namespace diapason
