// The codec of a tokenizer.json: added tokens, normalizer, pre-tokenizer, model, decoder.
#pragma once

#include "core/text/added_tokens.h"
#include "core/text/text_codec.h"
#include "core/text/tokenizer_stages.h"

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace diapason {

class PipelineCodec : public TextCodec {
public:
    /// Null stages do nothing; only the model has to be there.
    PipelineCodec(std::unique_ptr<Normalizer> normalizer, std::unique_ptr<PreTokenizer> pre_tokenizer,
                  std::unique_ptr<TokenModel> model, std::unique_ptr<Decoder> decoder);

    /// The list added_tokens, null for none; to be called before the first text. A token that the model knows keeps the
    /// model's id, another gets the next free one: as in the library, the ids in the file are not what counts.
    /// @throws Error(input)
    void add_tokens(const StageJson& list, const StagePlace& place);

    void encode(std::string_view text, bool with_spans, std::vector<Token>& tokens) const override;
    std::string decode(const std::vector<std::int64_t>& ids, bool skip_special) const override;
    const std::vector<std::string>& pieces() const override { return m_pieces; }
    std::int64_t id_of(std::string_view piece) const override;
    bool is_special(std::int64_t id) const override;

private:
    void look_for(const AddedToken& token, std::size_t& room);
    /// @param room what is left of it for the parts of a text; less when they return
    void encode_normalised(AlignedText text, std::size_t& room, std::vector<Token>& tokens) const;
    void encode_words(AlignedText text, std::size_t& room, std::vector<Token>& tokens) const;
    void add_found(const AddedToken& found, const AlignedText& text, Span span, std::vector<Token>& tokens) const;

    std::unique_ptr<Normalizer> m_normalizer;
    std::unique_ptr<PreTokenizer> m_pre_tokenizer;
    std::unique_ptr<TokenModel> m_model;
    std::unique_ptr<Decoder> m_decoder;
    std::deque<AddedToken> m_added; ///< the finders point into it
    std::unordered_map<std::string, std::int64_t> m_added_ids;
    AddedTokenFinder m_in_text, m_in_normalised;
    std::vector<std::string> m_pieces;
    std::vector<bool> m_known, m_special;
    std::vector<bool> m_silent; ///< left out of a text that is decoded without special tokens
};

} // namespace diapason
