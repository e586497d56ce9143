#include "core/text/byte_alphabet.h"
#include "core/text/character_map.h"
#include "core/text/tokenizer_stages.h"
#include "core/text/unicode.h"
#include "core/text/unicode_forms.h"

#include <algorithm>
#include <map>
#include <stdexcept>

namespace diapason {
namespace {

using NormalizerPtr = std::unique_ptr<Normalizer>;

class Form : public Normalizer {
public:
    explicit Form(UnicodeForm form) : m_form(form) {}
    void apply(AlignedText& text) const override { apply_form(text, m_form); }

private:
    UnicodeForm m_form;
};

void lower(AlignedText& text) {
    TextRewriter out(text);
    for (std::size_t i = 0; i < out.old().size(); ++i)
        for (const char32_t c : lower_case({&out.old()[i], 1}))
            out.put(c, i);
    out.commit();
}

template <typename Keep>
void filter(AlignedText& text, Keep&& keep) {
    if (std::all_of(text.text().begin(), text.text().end(), keep)) return;
    TextRewriter out(text);
    for (std::size_t i = 0; i < out.old().size(); ++i)
        if (keep(out.old()[i])) out.put(out.old()[i], i);
    out.commit();
}

// Calls map(character, put), where put(c) writes a character in its place.
template <typename Map>
void rewrite(AlignedText& text, Map&& map) {
    TextRewriter out(text);
    for (std::size_t i = 0; i < out.old().size(); ++i)
        map(out.old()[i], [&](char32_t c) { out.put(c, i); });
    out.commit();
}

// A normalizer without settings.
class Simple : public Normalizer {
public:
    explicit Simple(void (*function)(AlignedText&)) : m_function(function) {}
    void apply(AlignedText& text) const override { m_function(text); }

private:
    void (*m_function)(AlignedText&);
};

void strip_accents(AlignedText& text) {
    filter(text, [](char32_t c) { return !is_mark(c); });
}

// SentencePiece's cleaning for machine translation.
void nmt(AlignedText& text) {
    filter(text, [](char32_t c) {
        return !((c >= 0x1 && c <= 0x8) || c == 0xB || (c >= 0xE && c <= 0x1F) || c == 0x7F || c == 0x8F || c == 0x9F);
    });
    rewrite(text, [](char32_t c, auto&& put) {
        const bool blank = c == 0x9 || c == 0xA || c == 0xC || c == 0xD || c == 0x1680 ||
                           (c >= 0x200B && c <= 0x200F) || c == 0x2028 || c == 0x2029 || c == 0x2581 || c == 0xFEFF ||
                           c == 0xFFFD;
        put(blank ? U' ' : c);
    });
}

void byte_level(AlignedText& text) {
    rewrite(text, [](char32_t c, auto&& put) { each_stand_in(c, put); });
}

// Control characters go, all white space becomes a space, ideographs stand alone, then accents and case.
class BertNormalizer : public Normalizer {
public:
    BertNormalizer(const StageJson& object, const StagePlace& place)
        : m_clean(stage_value(object, "clean_text", true, place)),
          m_cjk(stage_value(object, "handle_chinese_chars", true, place)),
          m_lower(stage_value(object, "lowercase", true, place)),
          m_strip(stage_value(object, "strip_accents", m_lower, place)) {}

    void apply(AlignedText& text) const override {
        rewrite(text, [this](char32_t c, auto&& put) {
            if (m_clean && (c == 0 || c == 0xFFFD || is_control(c))) return;
            if (m_clean && is_white_space(c)) return put(U' ');
            if (!m_cjk || !is_cjk(c)) return put(c);
            put(U' ');
            put(c);
            put(U' ');
        });
        if (m_strip) {
            apply_form(text, UnicodeForm::nfd);
            filter(text, [](char32_t c) { return !is_nonspacing_mark(c); });
        }
        if (m_lower) lower(text);
    }

private:
    bool m_clean, m_cjk, m_lower, m_strip;
};

class Strip : public Normalizer {
public:
    Strip(const StageJson& object, const StagePlace& place)
        : m_left(stage_value(object, "strip_left", true, place)),
          m_right(stage_value(object, "strip_right", true, place)) {}

    void apply(AlignedText& text) const override {
        const std::u32string& old = text.text();
        std::size_t begin = 0, end = old.size();
        while (m_left && begin < end && is_white_space(old[begin]))
            ++begin;
        while (m_right && end > begin && is_white_space(old[end - 1]))
            --end;
        if (begin == 0 && end == old.size()) return;
        TextRewriter out(text);
        out.keep(begin, end);
        out.commit();
    }

private:
    bool m_left, m_right;
};

class Prepend : public Normalizer {
public:
    Prepend(const StageJson& object, const StagePlace& place)
        : m_text(decode_utf8(stage_value<std::string>(object, "prepend", "", place))) {}

    void apply(AlignedText& text) const override {
        if (text.size() == 0) return;
        TextRewriter out(text);
        for (const char32_t c : m_text)
            out.put(c, 0);
        out.keep(0, out.old().size());
        out.commit();
    }

private:
    std::u32string m_text;
};

class Replace : public Normalizer {
public:
    Replace(const StageJson& object, const StagePlace& place)
        : m_pattern(stage_pattern(object, place)),
          m_by(decode_utf8(stage_value<std::string>(object, "content", "", place))) {}

    void apply(AlignedText& text) const override {
        const auto matches = m_pattern.matches(text.text());
        if (matches.empty()) return;
        TextRewriter out(text);
        std::size_t done = 0;
        for (const Span match : matches) {
            out.keep(done, match.begin);
            // All of the new text stands for the last character replaced.
            for (const char32_t c : m_by)
                out.put(c, match.end > 0 ? match.end - 1 : out.old().size());
            done = match.end;
        }
        out.keep(done, out.old().size());
        out.commit();
    }

private:
    Pattern m_pattern;
    std::u32string m_by;
};

class Precompiled : public Normalizer {
public:
    explicit Precompiled(std::string_view base64) : m_map(base64) {}
    void apply(AlignedText& text) const override { m_map.apply(text); }

private:
    CharacterMap m_map;
};

NormalizerPtr make_precompiled(const StageJson& object, const StagePlace& place) {
    try {
        return std::make_unique<Precompiled>(stage_value<std::string>(object, "precompiled_charsmap", "", place));
    } catch (const std::invalid_argument& error) {
        (place / "precompiled_charsmap").fail(error.what());
    }
}

class Sequence : public Normalizer {
public:
    Sequence(const StageJson& object, const StagePlace& place) {
        for (const StageJson& part : stage_parts(object, "normalizers", place))
            m_parts.push_back(make_normalizer(part, place / ("normalizers[" + std::to_string(m_parts.size()) + "]")));
    }
    void apply(AlignedText& text) const override {
        for (const auto& part : m_parts)
            if (part) part->apply(text);
    }

private:
    std::vector<NormalizerPtr> m_parts;
};

template <typename Kind>
NormalizerPtr make(const StageJson& object, const StagePlace& place) {
    return std::make_unique<Kind>(object, place);
}
template <UnicodeForm form>
NormalizerPtr make_form(const StageJson&, const StagePlace&) {
    return std::make_unique<Form>(form);
}
template <void (*function)(AlignedText&)>
NormalizerPtr make_simple(const StageJson&, const StagePlace&) {
    return std::make_unique<Simple>(function);
}

} // namespace

std::unique_ptr<Normalizer> make_normalizer(const StageJson& object, const StagePlace& place) {
    static const std::map<std::string, NormalizerPtr (*)(const StageJson&, const StagePlace&)> makers = {
        {"BertNormalizer", make<BertNormalizer>},
        {"ByteLevel", make_simple<byte_level>},
        {"Lowercase", make_simple<lower>},
        {"NFC", make_form<UnicodeForm::nfc>},
        {"NFD", make_form<UnicodeForm::nfd>},
        {"NFKC", make_form<UnicodeForm::nfkc>},
        {"NFKD", make_form<UnicodeForm::nfkd>},
        {"Nmt", make_simple<nmt>},
        {"Precompiled", make_precompiled},
        {"Prepend", make<Prepend>},
        {"Replace", make<Replace>},
        {"Sequence", make<Sequence>},
        {"Strip", make<Strip>},
        {"StripAccents", make_simple<strip_accents>},
    };
    if (object.is_null()) return nullptr;
    return std::make_unique<PlacedStage<Normalizer, AlignedText&>>(
        find_stage(makers, object, place, "normalizer")(object, place), place);
}

} // namespace diapason
