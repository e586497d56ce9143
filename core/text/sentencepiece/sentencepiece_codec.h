// The codec of spiece.model and tokenizer.model, on the SentencePiece library. Part of the engine, never of the window.
#pragma once

#include "core/text/text_codec.h"

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sentencepiece {
class SentencePieceProcessor;
}

namespace diapason {

/// Special tokens written in a text are ordinary text: the library knows no others.
class SentencePieceCodec : public TextCodec {
public:
    /// @param origin file name for messages. @throws Error(input)
    SentencePieceCodec(std::string_view model, const std::string& origin);
    ~SentencePieceCodec() override;

    /// A token behind the model's own pieces; texts never lead to it.
    void add_piece(const std::string& piece, bool special);

    void encode(std::string_view text, bool with_spans, std::vector<Token>& tokens) const override;
    /// The library's decoding between added tokens; ids beyond the vocabulary are passed over.
    std::string decode(const std::vector<std::int64_t>& ids, bool skip_special) const override;
    const std::vector<std::string>& pieces() const override { return m_pieces; }
    std::int64_t id_of(std::string_view piece) const override;
    bool is_special(std::int64_t id) const override;

    std::int64_t bos_id() const; ///< -1 when the model has none
    std::int64_t eos_id() const;

private:
    std::unique_ptr<sentencepiece::SentencePieceProcessor> m_processor;
    std::vector<std::string> m_pieces;
    std::vector<bool> m_special;
    std::unordered_map<std::string, std::int64_t> m_ids;
    std::size_t m_own = 0; ///< pieces of the model itself
};

} // namespace diapason
