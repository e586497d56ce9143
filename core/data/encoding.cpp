#include "core/data/encoding.h"

#include "core/base/error.h"
#include "core/text/unicode.h"

#include <unicode/ucnv.h>
#include <unicode/ucnv_err.h>
#include <unicode/ucsdet.h>

#include <array>
#include <utility>

namespace diapason {
namespace {

struct Mark {
    std::string_view bytes;
    const char* encoding;
};
// The longer first: UTF-32's begins as UTF-16's does.
constexpr Mark marks[] = {{std::string_view("\xff\xfe\0\0", 4), "UTF-32LE"},
                          {std::string_view("\0\0\xfe\xff", 4), "UTF-32BE"},
                          {std::string_view("\xef\xbb\xbf", 3), "UTF-8"},
                          {std::string_view("\xff\xfe", 2), "UTF-16LE"},
                          {std::string_view("\xfe\xff", 2), "UTF-16BE"}};

constexpr std::size_t longest_character = 4; // bytes of UTF-8

std::string likeliest(std::string_view text) {
    UErrorCode status = U_ZERO_ERROR;
    std::unique_ptr<UCharsetDetector, void (*)(UCharsetDetector*)> detector(ucsdet_open(&status), ucsdet_close);
    if (U_FAILURE(status)) return {};
    ucsdet_setText(detector.get(), text.data(), static_cast<std::int32_t>(text.size()), &status);
    const UCharsetMatch* match = ucsdet_detect(detector.get(), &status);
    if (U_FAILURE(status) || match == nullptr) return {};
    const char* name = ucsdet_getName(match, &status);
    return U_FAILURE(status) ? std::string() : std::string(name);
}

} // namespace

std::string known_encoding(const std::string& name) {
    UErrorCode status = U_ZERO_ERROR;
    std::unique_ptr<UConverter, void (*)(UConverter*)> converter(ucnv_open(name.c_str(), &status), ucnv_close);
    if (name.empty() || U_FAILURE(status)) return {};
    const char* standard = ucnv_getStandardName(ucnv_getName(converter.get(), &status), "MIME", &status);
    if (U_SUCCESS(status) && standard != nullptr) return standard;
    status = U_ZERO_ERROR;
    return ucnv_getName(converter.get(), &status);
}

DetectedEncoding detect_encoding(std::string_view beginning) {
    for (const Mark& mark : marks)
        if (beginning.starts_with(mark.bytes)) return {mark.encoding, "the file begins with its byte order mark"};
    const std::size_t wrong = find_invalid_utf8(beginning);
    if (wrong == std::string_view::npos) return {"UTF-8", "every byte is UTF-8"};
    if (wrong + longest_character > beginning.size()) return {"UTF-8", "every byte is UTF-8"}; // cut inside a character
    const std::string name = likeliest(beginning);
    const std::string why =
        "byte " + std::to_string(wrong + 1) + " is not UTF-8, and the letters are likeliest in " + name;
    if (name.empty() || known_encoding(name).empty())
        return {"windows-1252", "byte " + std::to_string(wrong + 1) + " is not UTF-8, and nothing else is likely"};
    // Every text of Latin-1 that people have is one of Windows' code page, which has quotes and dashes as well.
    if (name == "ISO-8859-1") return {"windows-1252", why};
    return {name, why};
}

struct TextDecoder::Converter {
    UConverter* handle = nullptr;
    char16_t first_half = 0; ///< of a pair of code units whose second is not there yet
    bool begun = false;
    ~Converter() { ucnv_close(handle); }

    // A byte order mark is no text.
    void append(std::u16string_view units, std::string& text) {
        for (const char16_t unit : units) {
            const bool mark = unit == 0xFEFF && !begun;
            begun = true;
            if (unit >= 0xD800 && unit < 0xDC00)
                first_half = unit;
            else if (first_half != 0)
                append_utf8(text,
                            0x10000 + ((char32_t(std::exchange(first_half, 0)) - 0xD800) << 10) + (unit - 0xDC00));
            else if (!mark)
                append_utf8(text, unit);
        }
    }
};

TextDecoder::TextDecoder(const std::string& encoding) : m_converter(std::make_unique<Converter>()) {
    UErrorCode status = U_ZERO_ERROR;
    m_converter->handle = ucnv_open(encoding.c_str(), &status);
    if (U_SUCCESS(status))
        ucnv_setToUCallBack(m_converter->handle, UCNV_TO_U_CALLBACK_STOP, nullptr, nullptr, nullptr, &status);
    if (U_FAILURE(status))
        throw config_error("encoding", encoding, "there is no such encoding",
                           "Use a name such as UTF-8, windows-1252, ISO-8859-15 or UTF-16");
}

TextDecoder::~TextDecoder() = default;

bool TextDecoder::decode(std::string_view block, bool last, std::string& text) {
    std::array<char16_t, 4096> units;
    const char* begin = block.data();
    const char* const end = begin + block.size();
    while (true) {
        UErrorCode status = U_ZERO_ERROR;
        char16_t* to = units.data();
        ucnv_toUnicode(m_converter->handle, &to, units.data() + units.size(), &begin, end, nullptr, last, &status);
        m_converter->append({units.data(), static_cast<std::size_t>(to - units.data())}, text);
        if (status == U_BUFFER_OVERFLOW_ERROR) continue;
        return U_SUCCESS(status);
    }
}

} // namespace diapason
