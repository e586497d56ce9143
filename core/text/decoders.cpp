#include "core/text/byte_alphabet.h"
#include "core/text/metaspace.h"
#include "core/text/pattern.h"
#include "core/text/tokenizer_stages.h"
#include "core/text/unicode.h"

#include <algorithm>
#include <map>

namespace diapason {
namespace {

using DecoderPtr = std::unique_ptr<Decoder>;
using Pieces = std::vector<std::string>;

std::size_t bytes_of(const Pieces& pieces) {
    std::size_t bytes = 0;
    for (const std::string& piece : pieces)
        bytes += piece.size();
    return bytes;
}

void require_room(std::size_t bytes, std::size_t room) {
    if (bytes <= room) return;
    throw Error(ErrorKind::input,
                {"makes more of a text than the " + std::to_string(room) + " bytes that it may become",
                 {},
                 {},
                 {},
                 "Its steps multiply the text; use another tokenizer"});
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
    if (from.empty() || text.find(from) == std::string::npos) return;
    std::string out;
    std::size_t done = 0;
    for (std::size_t at = 0; (at = text.find(from, done)) != std::string::npos; done = at + from.size())
        out.append(text, done, at - done).append(to);
    text = out.append(text, done);
}

// The library's list of English cases, applied piece by piece as it does.
void clean_up(std::string& text) {
    static const std::pair<std::string, std::string> rules[] = {
        {" .", "."},   {" ?", "?"},           {" !", "!"},   {" ,", ","},     {" ' ", "'"},   {" n't", "n't"},
        {" 'm", "'m"}, {" do not", " don't"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
    for (const auto& [from, to] : rules)
        replace_all(text, from, to);
}

class WordPieceDecoder : public Decoder {
public:
    WordPieceDecoder(const StageJson& object, const StagePlace& place)
        : m_prefix(stage_value<std::string>(object, "prefix", "##", place)),
          m_clean(stage_value(object, "cleanup", true, place)) {}

    void apply(Pieces& pieces, std::size_t) const override {
        for (std::size_t i = 0; i < pieces.size(); ++i) {
            if (i > 0) {
                if (pieces[i].starts_with(m_prefix))
                    pieces[i].erase(0, m_prefix.size());
                else
                    pieces[i].insert(0, 1, ' ');
            }
            if (m_clean) clean_up(pieces[i]);
        }
    }

private:
    std::string m_prefix;
    bool m_clean;
};

class ByteLevelDecoder : public Decoder {
public:
    ByteLevelDecoder(const StageJson&, const StagePlace&) {}
    void apply(Pieces& pieces, std::size_t) const override {
        std::string bytes;
        for (const std::string& piece : pieces) {
            const std::size_t before = bytes.size();
            for (const char32_t c : decode_utf8(piece)) {
                const int byte = byte_of(c);
                if (byte < 0) { // an added token in plain text
                    bytes.resize(before);
                    bytes += piece;
                    break;
                }
                bytes.push_back(static_cast<char>(byte));
            }
        }
        pieces = {encode_utf8(decode_utf8(bytes))}; // a piece may be half a character
    }
};

// <0xE2> and the like back to bytes.
class ByteFallback : public Decoder {
public:
    ByteFallback(const StageJson&, const StagePlace&) {}
    void apply(Pieces& pieces, std::size_t) const override {
        Pieces out;
        std::string bytes;
        const auto flush = [&] {
            if (bytes.empty()) return;
            const std::u32string text = decode_utf8(bytes);
            // One wrong byte spoils the whole run: a replacement character for each of its bytes.
            if (encode_utf8(text) == bytes) {
                out.push_back(bytes);
            } else {
                for (std::size_t i = 0; i < bytes.size(); ++i)
                    out.emplace_back("\xEF\xBF\xBD");
            }
            bytes.clear();
        };
        for (std::string& piece : pieces) {
            if (const int byte = value_of(piece); byte >= 0) {
                bytes.push_back(static_cast<char>(byte));
                continue;
            }
            flush();
            out.push_back(std::move(piece));
        }
        flush();
        pieces = std::move(out);
    }

private:
    static int value_of(const std::string& piece) {
        if (piece.size() != 6 || !piece.starts_with("<0x") || piece[5] != '>') return -1;
        int value = 0;
        for (const char c : {piece[3], piece[4]}) {
            const int digit = c >= '0' && c <= '9'   ? c - '0'
                              : c >= 'A' && c <= 'F' ? c - 'A' + 10
                              : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                                     : -1;
            if (digit < 0) return -1;
            value = value * 16 + digit;
        }
        return value;
    }
};

class Fuse : public Decoder {
public:
    Fuse(const StageJson&, const StagePlace&) {}
    void apply(Pieces& pieces, std::size_t) const override {
        std::string all;
        for (const std::string& piece : pieces)
            all += piece;
        pieces = {std::move(all)};
    }
};

class MetaspaceDecoder : public Decoder {
public:
    MetaspaceDecoder(const StageJson& object, const StagePlace& place) : m_settings(object, place) {}
    void apply(Pieces& pieces, std::size_t) const override {
        const std::string mark = encode_utf8({&m_settings.replacement, 1});
        for (std::size_t i = 0; i < pieces.size(); ++i) {
            const bool drop = i == 0 && m_settings.prepend != MetaspaceSettings::Prepend::never;
            replace_all(pieces[i], mark, drop ? "" : " ");
        }
    }

private:
    MetaspaceSettings m_settings;
};

class StripDecoder : public Decoder {
public:
    StripDecoder(const StageJson& object, const StagePlace& place)
        : m_content(encode_utf8(std::u32string(1, stage_character(object, "content", U' ', place)))),
          m_start(stage_value(object, "start", std::uint64_t{0}, place)),
          m_stop(stage_value(object, "stop", std::uint64_t{0}, place)) {}

    void apply(Pieces& pieces, std::size_t) const override {
        for (std::string& piece : pieces) {
            std::string_view rest = piece;
            for (std::uint64_t i = 0; i < m_start && rest.starts_with(m_content); ++i)
                rest.remove_prefix(m_content.size());
            for (std::uint64_t i = 0; i < m_stop && rest.ends_with(m_content); ++i)
                rest.remove_suffix(m_content.size());
            piece = std::string(rest);
        }
    }

private:
    std::string m_content;
    std::uint64_t m_start, m_stop;
};

class ReplaceDecoder : public Decoder {
public:
    ReplaceDecoder(const StageJson& object, const StagePlace& place)
        : m_pattern(stage_pattern(object, place)),
          m_by(stage_value<std::string>(object, "content", "", place)) {}

    void apply(Pieces& pieces, std::size_t room) const override {
        std::size_t all = bytes_of(pieces);
        for (std::string& piece : pieces) {
            const std::u32string text = decode_utf8(piece);
            const auto matches = m_pattern.matches(text);
            if (matches.empty()) continue;
            require_room(all + matches.size() * m_by.size(), room); // before it is made
            std::string out;
            std::size_t done = 0;
            for (const Span match : matches) {
                out += encode_utf8(std::u32string_view(text).substr(done, match.begin - done));
                out += m_by;
                done = match.end;
            }
            out += encode_utf8(std::u32string_view(text).substr(done));
            all = all - piece.size() + out.size();
            piece = std::move(out);
        }
    }

private:
    Pattern m_pattern;
    std::string m_by;
};

// The mark at the end of a word becomes a blank, but for the last word.
class BpeDecoder : public Decoder {
public:
    BpeDecoder(const StageJson& object, const StagePlace& place)
        : m_suffix(stage_value<std::string>(object, "suffix", "</w>", place)) {}
    void apply(Pieces& pieces, std::size_t) const override {
        for (std::size_t i = 0; i < pieces.size(); ++i)
            replace_all(pieces[i], m_suffix, i + 1 == pieces.size() ? "" : " ");
    }

private:
    std::string m_suffix;
};

// Connectionist temporal classification: repeats are one, padding is nothing.
class Ctc : public Decoder {
public:
    Ctc(const StageJson& object, const StagePlace& place)
        : m_pad(stage_value<std::string>(object, "pad_token", "<pad>", place)),
          m_delimiter(stage_value<std::string>(object, "word_delimiter_token", "|", place)),
          m_clean(stage_value(object, "cleanup", true, place)) {}
    void apply(Pieces& pieces, std::size_t) const override {
        pieces.erase(std::unique(pieces.begin(), pieces.end()), pieces.end());
        for (std::string& piece : pieces) {
            replace_all(piece, m_pad, "");
            if (!m_clean) continue;
            clean_up(piece);
            replace_all(piece, m_delimiter, " ");
        }
        std::erase_if(pieces, [](const std::string& piece) { return piece.empty(); });
    }

private:
    std::string m_pad, m_delimiter;
    bool m_clean;
};

class Sequence : public Decoder {
public:
    Sequence(const StageJson& object, const StagePlace& place) {
        for (const StageJson& part : stage_parts(object, "decoders", place))
            m_parts.push_back(make_decoder(part, place / ("decoders[" + std::to_string(m_parts.size()) + "]")));
    }
    void apply(Pieces& pieces, std::size_t room) const override {
        for (const auto& part : m_parts) {
            if (!part) continue;
            part->apply(pieces, room);
            require_room(bytes_of(pieces), room); // others add a blank a piece at most
        }
    }

private:
    std::vector<DecoderPtr> m_parts;
};

template <typename Kind>
DecoderPtr make(const StageJson& object, const StagePlace& place) {
    return std::make_unique<Kind>(object, place);
}

} // namespace

std::unique_ptr<Decoder> make_decoder(const StageJson& object, const StagePlace& place) {
    static const std::map<std::string, DecoderPtr (*)(const StageJson&, const StagePlace&)> makers = {
        {"BPEDecoder", make<BpeDecoder>},
        {"ByteFallback", make<ByteFallback>},
        {"ByteLevel", make<ByteLevelDecoder>},
        {"CTC", make<Ctc>},
        {"Fuse", make<Fuse>},
        {"Metaspace", make<MetaspaceDecoder>},
        {"Replace", make<ReplaceDecoder>},
        {"Sequence", make<Sequence>},
        {"Strip", make<StripDecoder>},
        {"WordPiece", make<WordPieceDecoder>},
    };
    if (object.is_null()) return nullptr;
    return std::make_unique<PlacedStage<Decoder, Pieces&, std::size_t>>(
        find_stage(makers, object, place, "decoder")(object, place), place);
}

} // namespace diapason
