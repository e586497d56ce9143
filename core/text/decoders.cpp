#include "core/base/error.h"
#include "core/text/tokenizer_stages.h"
#include "core/text/unicode.h"

#include <unordered_map>

namespace diapason {
namespace {

class Joined : public Decoder {
public:
    std::string apply(const std::vector<std::string>& pieces) const override {
        std::string text;
        for (const std::string& piece : pieces)
            text += (text.empty() ? "" : " ") + piece;
        return text;
    }
};

void replace_all(std::string& text, const std::string& from, const std::string& to) {
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
        text.replace(at, from.size(), to);
}

class WordPieceDecoder : public Decoder {
public:
    explicit WordPieceDecoder(const Json& object)
        : m_prefix(object.value("prefix", "##")),
          m_clean(object.value("cleanup", true)) {}

    std::string apply(const std::vector<std::string>& pieces) const override {
        std::string text;
        for (std::size_t i = 0; i < pieces.size(); ++i) {
            std::string part = pieces[i];
            if (i > 0) part = part.rfind(m_prefix, 0) == 0 ? part.substr(m_prefix.size()) : " " + part;
            if (m_clean) clean(part);
            text += part;
        }
        return text;
    }

private:
    // The library's list of English cases, applied piece by piece as it does.
    static void clean(std::string& text) {
        static const std::pair<const char*, const char*> rules[] = {
            {" .", "."},   {" ?", "?"},           {" !", "!"},   {" ,", ","},     {" ' ", "'"},   {" n't", "n't"},
            {" 'm", "'m"}, {" do not", " don't"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
        for (const auto& [from, to] : rules)
            replace_all(text, from, to);
    }

    std::string m_prefix;
    bool m_clean;
};

class ByteLevelDecoder : public Decoder {
public:
    ByteLevelDecoder() {
        for (std::size_t byte = 0; byte < 256; ++byte)
            m_bytes[byte_alphabet()[byte]] = static_cast<char>(byte);
    }

    std::string apply(const std::vector<std::string>& pieces) const override {
        std::string bytes;
        for (const std::string& piece : pieces) {
            const std::u32string characters = decode_utf8(piece);
            std::string decoded;
            for (const char32_t c : characters) {
                const auto found = m_bytes.find(c);
                if (found == m_bytes.end()) { // an added token in plain text
                    decoded = piece;
                    break;
                }
                decoded.push_back(found->second);
            }
            bytes += decoded;
        }
        return encode_utf8(decode_utf8(bytes)); // a piece may be half a character
    }

private:
    std::unordered_map<char32_t, char> m_bytes;
};

} // namespace

std::unique_ptr<Decoder> make_decoder(const Json& object, const std::string& origin) {
    if (object.is_null()) return std::make_unique<Joined>();
    const std::string type = object.value("type", "");
    if (type == "WordPiece") return std::make_unique<WordPieceDecoder>(object);
    if (type == "ByteLevel") return std::make_unique<ByteLevelDecoder>();
    throw Error(ErrorKind::input, {"unsupported: this decoder is not known", origin, "decoder.type", type, {}});
}

} // namespace diapason
