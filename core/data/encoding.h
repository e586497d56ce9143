// Texts of other encodings than UTF-8, on ICU's converters and its detector.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace diapason {

/// A name that ICU knows, as IANA writes it ("windows-1252"); empty when there is no such encoding.
std::string known_encoding(const std::string& name);

/// What a text's beginning is written in, and how that shows.
struct DetectedEncoding {
    std::string name;   ///< "UTF-8", "windows-1252"
    std::string reason; ///< "every byte is UTF-8", as part of a sentence
};
/// By its byte order mark; else UTF-8 where that is possible; else what ICU's detector takes for the likeliest.
/// @param beginning of a file, which may end inside a character
DetectedEncoding detect_encoding(std::string_view beginning);

/// Makes UTF-8 of a text that comes in blocks.
class TextDecoder {
public:
    explicit TextDecoder(const std::string& encoding); ///< @throws Error(config) for one that ICU does not know
    ~TextDecoder();
    TextDecoder(const TextDecoder&) = delete;
    TextDecoder& operator=(const TextDecoder&) = delete;

    /// Appends what the block adds. @param last nothing comes behind it: what is incomplete is a fault
    /// @return false at the first bytes that are none of this encoding; what stands before them has been appended
    bool decode(std::string_view block, bool last, std::string& text);

private:
    struct Converter;
    std::unique_ptr<Converter> m_converter;
};

} // namespace diapason
