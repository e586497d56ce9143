#include "core/base/error.h"
#include "core/text/tokenizer_stages.h"
#include "core/text/unicode.h"

#include <functional>
#include <map>

namespace diapason {
namespace {

class Identity : public Normalizer {
public:
    std::u32string apply(std::u32string text) const override { return text; }
};

// A form of Unicode, or lower case: one function.
class Mapping : public Normalizer {
public:
    explicit Mapping(std::function<std::u32string(std::u32string_view)> map) : m_map(std::move(map)) {}
    std::u32string apply(std::u32string text) const override { return m_map(text); }

private:
    std::function<std::u32string(std::u32string_view)> m_map;
};

std::u32string strip_accents(std::u32string_view text) {
    std::u32string out;
    for (const char32_t c : nfd(text)) {
        if (!is_nonspacing_mark(c)) out.push_back(c);
    }
    return out;
}

// Control characters go, all white space becomes a space, ideographs stand alone, then accents and case.
class BertNormalizer : public Normalizer {
public:
    explicit BertNormalizer(const Json& object) {
        m_clean = object.value("clean_text", true);
        m_cjk = object.value("handle_chinese_chars", true);
        m_lower = object.value("lowercase", true);
        const auto accents = object.find("strip_accents");
        m_strip = accents != object.end() && accents->is_boolean() ? accents->get<bool>() : m_lower;
    }

    std::u32string apply(std::u32string text) const override {
        std::u32string out;
        for (const char32_t c : text) {
            if (m_clean && (c == 0 || c == 0xFFFD || is_control(c))) continue;
            if (m_clean && is_white_space(c))
                out.push_back(U' ');
            else if (m_cjk && is_cjk(c))
                (out += U' ') += {c, U' '};
            else
                out.push_back(c);
        }
        if (m_strip) out = strip_accents(out);
        return m_lower ? lower_case(out) : out;
    }

private:
    bool m_clean, m_cjk, m_lower, m_strip;
};

class Sequence : public Normalizer {
public:
    Sequence(const Json& object, const std::string& origin) {
        for (const Json& part : object.at("normalizers"))
            m_parts.push_back(make_normalizer(part, origin));
    }
    std::u32string apply(std::u32string text) const override {
        for (const auto& part : m_parts)
            text = part->apply(std::move(text));
        return text;
    }

private:
    std::vector<std::unique_ptr<Normalizer>> m_parts;
};

} // namespace

std::unique_ptr<Normalizer> make_normalizer(const Json& object, const std::string& origin) {
    if (object.is_null()) return std::make_unique<Identity>();
    const std::string type = object.value("type", "");
    static const std::map<std::string, std::u32string (*)(std::u32string_view)> mappings = {
        {"NFC", nfc},
        {"NFD", nfd},
        {"NFKC", nfkc},
        {"NFKD", nfkd},
        {"Lowercase", lower_case},
        {"StripAccents", strip_accents}};
    if (const auto found = mappings.find(type); found != mappings.end())
        return std::make_unique<Mapping>(found->second);
    if (type == "BertNormalizer") return std::make_unique<BertNormalizer>(object);
    if (type == "Sequence") return std::make_unique<Sequence>(object, origin);
    throw Error(ErrorKind::input, {"unsupported: this normalizer is not known", origin, "normalizer.type", type, {}});
}

} // namespace diapason
