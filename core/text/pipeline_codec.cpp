#include "core/text/pipeline_codec.h"

#include "core/text/byte_alphabet.h"
#include "core/text/unicode.h"

#include <algorithm>

namespace diapason {
namespace {

constexpr std::size_t max_added_tokens = 100'000;

bool is_blank(char32_t c) {
    return c == byte_alphabet()[' '] || is_white_space(c);
}

void count_blanks(std::u32string_view text, Token& token) {
    const auto begin = std::find_if_not(text.begin(), text.end(), is_blank);
    token.leading = static_cast<std::uint32_t>(begin - text.begin());
    const auto end = std::find_if_not(text.rbegin(), text.rend(), is_blank);
    token.trailing = static_cast<std::uint32_t>(end - text.rbegin());
}

// The UTF-8 of a word, and for each byte the character it belongs to.
struct WordBytes {
    std::string text;
    std::vector<std::uint32_t> characters;

    void assign(std::u32string_view word, bool with_characters) {
        text.clear();
        characters.clear();
        for (std::uint32_t i = 0; i < word.size(); ++i) {
            append_utf8(text, word[i]);
            if (with_characters) characters.resize(text.size(), i);
        }
    }
};

} // namespace

PipelineCodec::PipelineCodec(std::unique_ptr<Normalizer> normalizer, std::unique_ptr<PreTokenizer> pre_tokenizer,
                             std::unique_ptr<TokenModel> model, std::unique_ptr<Decoder> decoder)
    : m_normalizer(std::move(normalizer)),
      m_pre_tokenizer(std::move(pre_tokenizer)),
      m_model(std::move(model)),
      m_decoder(std::move(decoder)),
      m_pieces(m_model->pieces()),
      m_known(m_pieces.size()),
      m_special(m_pieces.size()),
      m_silent(m_pieces.size()) {
    const std::int64_t empty = m_model->id_of("");
    for (std::size_t id = 0; id < m_pieces.size(); ++id)
        m_known[id] = !m_pieces[id].empty() || static_cast<std::int64_t>(id) == empty;
}

void PipelineCodec::add_tokens(const StageJson& list, const StagePlace& place) {
    if (list.is_null()) return;
    if (!list.is_array()) place.fail("must be a list");
    if (list.size() > max_added_tokens) place.fail("has more than 100,000 entries", std::to_string(list.size()));
    auto next = static_cast<std::int64_t>(m_model->entries());
    for (const StageJson& entry : list) {
        AddedToken token =
            read_added_token(entry, {place.file, place.field + "[" + std::to_string(m_added.size()) + "]"});
        if (token.content.empty() || m_added_ids.count(token.content) > 0) continue;
        token.id = m_model->id_of(token.content);
        if (token.id < 0) token.id = next;
        next = std::max(next, token.id + 1);
        const auto index = static_cast<std::size_t>(token.id);
        if (index >= m_pieces.size()) {
            m_pieces.resize(index + 1);
            m_known.resize(index + 1);
            m_special.resize(index + 1);
        }
        m_pieces[index] = token.content;
        m_known[index] = true;
        m_special[index] = token.special;
        m_added_ids.emplace(token.content, token.id);
        m_added.push_back(std::move(token));
    }
    std::size_t contents = 0;
    for (const AddedToken& token : m_added)
        contents += token.content.size();
    std::size_t room = room_for_text(contents, 4); // what is looked for takes more memory than a text
    // Special ones first, which decides between tokens that are one text when normalised.
    for (const bool special : {true, false})
        for (const AddedToken& token : m_added)
            if (token.special == special) look_for(token, room);
    // The library asks for the text, so that a special token which normalises to another text is never left out.
    m_silent.assign(m_pieces.size(), false);
    for (const AddedToken& token : m_added) {
        const auto index = static_cast<std::size_t>(token.id);
        const auto same = m_added_ids.find(m_pieces[index]);
        m_silent[index] = same != m_added_ids.end() && m_special[static_cast<std::size_t>(same->second)];
    }
}

void PipelineCodec::look_for(const AddedToken& token, std::size_t& room) {
    const std::u32string content = decode_utf8(token.content);
    if (!token.normalized) return m_in_text.add(content, &token);
    AlignedText pattern(content, 0, false, room);
    if (m_normalizer) m_normalizer->apply(pattern);
    room -= std::min(room, pattern.size());
    m_in_normalised.add(pattern.text(), &token);
    m_pieces[static_cast<std::size_t>(token.id)] = encode_utf8(pattern.text()); // which is also what it decodes to
}

void PipelineCodec::encode(std::string_view text, bool with_spans, std::vector<Token>& tokens) const {
    const std::u32string characters = decode_utf8(text);
    std::size_t room = room_for_text(characters.size());
    for (const AddedTokenFinder::Cut& cut : m_in_text.cut(characters)) {
        AlignedText part(std::u32string_view(characters).substr(cut.span.begin, cut.span.size()), cut.span.begin,
                         with_spans, room);
        if (cut.token) {
            add_found(*cut.token, part, {0, static_cast<std::uint32_t>(part.size())}, tokens);
            continue;
        }
        if (m_normalizer) m_normalizer->apply(part);
        encode_normalised(std::move(part), room, tokens);
    }
}

void PipelineCodec::add_found(const AddedToken& found, const AlignedText& text, Span span,
                              std::vector<Token>& tokens) const {
    Token token{found.id, text.origin(span.begin, span.end)};
    if (text.with_origins()) count_blanks(std::u32string_view(text.text()).substr(span.begin, span.size()), token);
    tokens.push_back(token);
}

void PipelineCodec::encode_normalised(AlignedText text, std::size_t& room, std::vector<Token>& tokens) const {
    const auto cuts = m_in_normalised.cut(text.text());
    if (cuts.size() == 1 && !cuts[0].token) return encode_words(std::move(text), room, tokens);
    for (const AddedTokenFinder::Cut& cut : cuts) {
        if (cut.token)
            add_found(*cut.token, text, cut.span, tokens);
        else
            encode_words(text.slice(cut.span.begin, cut.span.end, room), room, tokens);
    }
}

void PipelineCodec::encode_words(AlignedText text, std::size_t& room, std::vector<Token>& tokens) const {
    if (text.size() == 0) return;
    const auto size = static_cast<std::uint32_t>(text.size());
    Words words{std::move(text), {{0, size}}};
    if (m_pre_tokenizer) m_pre_tokenizer->apply(words);
    room -= std::min(room, words.text.size());
    const bool with_spans = words.text.with_origins();
    WordBytes bytes;
    std::vector<WordToken> found;
    for (const Span word : words.spans) {
        bytes.assign(std::u32string_view(words.text.text()).substr(word.begin, word.size()), with_spans);
        found.clear();
        m_model->encode(bytes.text, found);
        for (const WordToken& piece : found) {
            Token token{piece.id, {}};
            if (with_spans && piece.begin < piece.end && piece.end <= bytes.characters.size()) {
                const std::uint32_t begin = word.begin + bytes.characters[piece.begin];
                const std::uint32_t end = word.begin + bytes.characters[piece.end - 1] + 1;
                token.span = words.text.origin(begin, end);
                if (piece.verbatim)
                    count_blanks(std::u32string_view(words.text.text()).substr(begin, end - begin), token);
                else
                    count_blanks(decode_utf8(m_model->pieces()[static_cast<std::size_t>(piece.id)]), token);
            }
            tokens.push_back(token);
        }
    }
}

std::string PipelineCodec::decode(const std::vector<std::int64_t>& ids, bool skip_special) const {
    std::vector<std::string> pieces;
    std::size_t bytes = 0;
    for (const std::int64_t id : ids) {
        const auto index = static_cast<std::size_t>(id);
        if (id < 0 || index >= m_pieces.size() || !m_known[index] || (skip_special && m_silent[index])) continue;
        pieces.push_back(m_pieces[index]);
        bytes += m_pieces[index].size();
    }
    std::string text;
    if (m_decoder) m_decoder->apply(pieces, room_for_text(bytes));
    for (std::size_t i = 0; i < pieces.size(); ++i)
        text.append(i > 0 && !m_decoder ? " " : "").append(pieces[i]);
    return text;
}

std::int64_t PipelineCodec::id_of(std::string_view piece) const {
    const auto found = m_added_ids.find(std::string(piece));
    return found != m_added_ids.end() ? found->second : m_model->id_of(piece);
}

bool PipelineCodec::is_special(std::int64_t id) const {
    return id >= 0 && static_cast<std::size_t>(id) < m_special.size() && m_special[static_cast<std::size_t>(id)];
}

} // namespace diapason
