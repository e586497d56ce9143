#include "core/text/sentencepiece/sentencepiece_codec.h"

#include "core/base/error.h"
#include "core/text/sentencepiece/model_check.h"
#include "core/text/unicode.h"

#include <sentencepiece_processor.h>

namespace diapason {
namespace {

void check(const sentencepiece::util::Status& status, const char* what) {
    if (!status.ok())
        throw Error(ErrorKind::internal, std::string("SentencePiece cannot ") + what + ": " + status.message());
}

// Which character each byte of a UTF-8 text belongs to, and the number of characters behind the last one.
std::vector<std::uint32_t> characters_of(std::string_view text) {
    std::vector<std::uint32_t> index;
    index.reserve(text.size() + 1);
    std::uint32_t count = 0;
    for (const char c : text) {
        if ((static_cast<std::uint8_t>(c) & 0xC0) != 0x80) ++count;
        index.push_back(count - 1);
    }
    index.push_back(count);
    return index;
}

} // namespace

SentencePieceCodec::SentencePieceCodec(std::string_view model, const std::string& origin)
    : m_processor(std::make_unique<sentencepiece::SentencePieceProcessor>()) {
    if (const std::string fault = sentencepiece_model_fault(model); !fault.empty()) throw input_error(origin, fault);
    const auto status = m_processor->LoadFromSerializedProto(model);
    if (!status.ok()) throw input_error(origin, std::string("SentencePiece rejects it: ") + status.message());
    for (int id = 0; id < m_processor->GetPieceSize(); ++id)
        add_piece(m_processor->IdToPiece(id), m_processor->IsControl(id) || m_processor->IsUnknown(id));
    m_own = m_pieces.size();
}

SentencePieceCodec::~SentencePieceCodec() = default;

void SentencePieceCodec::add_piece(const std::string& piece, bool special) {
    if (!m_ids.emplace(piece, static_cast<std::int64_t>(m_pieces.size())).second) return;
    m_pieces.push_back(piece);
    m_special.push_back(special);
}

void SentencePieceCodec::encode(std::string_view text, bool with_spans, std::vector<Token>& tokens) const {
    const std::string clean = encode_utf8(decode_utf8(text));
    if (!with_spans) {
        std::vector<int> ids;
        check(m_processor->Encode(clean, &ids), "encode");
        for (const int id : ids)
            tokens.push_back({id, {}});
        return;
    }
    const auto encoded = m_processor->EncodeAsImmutableProto(clean);
    const auto index = characters_of(clean);
    for (const auto& piece : encoded.pieces()) {
        Token token{static_cast<std::int64_t>(piece.id()), {}};
        if (piece.end() < index.size()) token.span = {index[piece.begin()], index[piece.end()]};
        tokens.push_back(token);
    }
}

std::string SentencePieceCodec::decode(const std::vector<std::int64_t>& ids, bool skip_special) const {
    std::string text;
    std::vector<int> run;
    const auto flush = [&] {
        std::string part;
        if (!run.empty()) check(m_processor->Decode(run, &part), "decode");
        text += part;
        run.clear();
    };
    for (const std::int64_t id : ids) {
        if (id < 0 || static_cast<std::size_t>(id) >= m_pieces.size()) continue;
        const auto index = static_cast<std::size_t>(id);
        if (index < m_own) { // control pieces are nothing to the library, the unknown one is a sign
            run.push_back(static_cast<int>(id));
        } else if (!skip_special || !m_special[index]) {
            flush();
            text += m_pieces[index];
        }
    }
    flush();
    return text;
}

std::int64_t SentencePieceCodec::id_of(std::string_view piece) const {
    const auto found = m_ids.find(std::string(piece));
    return found == m_ids.end() ? -1 : found->second;
}

bool SentencePieceCodec::is_special(std::int64_t id) const {
    return id >= 0 && static_cast<std::size_t>(id) < m_special.size() && m_special[static_cast<std::size_t>(id)];
}

std::int64_t SentencePieceCodec::bos_id() const {
    return m_processor->bos_id();
}
std::int64_t SentencePieceCodec::eos_id() const {
    return m_processor->eos_id();
}

} // namespace diapason
