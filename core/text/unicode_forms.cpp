#include "core/text/unicode_forms.h"

#include "core/base/error.h"
#include "core/text/unicode.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <vector>

namespace diapason {
namespace {

// ICU's own normalisation gives the text but not the origins, which the tokenizers format reports; so the standard's
// algorithm is run here over ICU's tables. The reference implementation's tables are those of Unicode 9.
constexpr int last_age = 9;

struct Change {
    char32_t c;
    int change;
    std::uint8_t combining;
};

bool known(char32_t c) {
    return c < 0x250 || in_unicode(c, last_age);
}

std::uint8_t combining_class(char32_t c) {
    return c < 0x300 || !known(c) ? std::uint8_t{0} : u_getCombiningClass(static_cast<UChar32>(c));
}

const icu::Normalizer2& form_of(const icu::Normalizer2* (*get)(UErrorCode&)) {
    UErrorCode status = U_ZERO_ERROR;
    const icu::Normalizer2* form = get(status);
    if (U_FAILURE(status))
        throw Error(ErrorKind::internal, std::string("ICU has no such form: ") + u_errorName(status));
    return *form;
}

// Marks in the order of their classes.
void reorder(std::vector<Change>& text) {
    for (std::size_t i = 0; i < text.size();) {
        if (text[i].combining == 0) {
            ++i;
            continue;
        }
        std::size_t end = i;
        while (end < text.size() && text[end].combining != 0)
            ++end;
        std::stable_sort(text.begin() + static_cast<std::ptrdiff_t>(i), text.begin() + static_cast<std::ptrdiff_t>(end),
                         [](const Change& a, const Change& b) { return a.combining < b.combining; });
        i = end;
    }
}

// A composed character replaces the ones it is made of.
void compose(std::vector<Change>& text, const icu::Normalizer2& form) {
    std::size_t out = 0;
    std::size_t starter = text.size(); // index of the last starter written
    int last_class = -1;               // of what follows it; -1: nothing does
    for (const Change& now : text) {
        if (starter < out && last_class < static_cast<int>(now.combining)) {
            const UChar32 joined = form.composePair(static_cast<UChar32>(text[starter].c), static_cast<UChar32>(now.c));
            if (joined >= 0 && known(static_cast<char32_t>(joined))) {
                text[starter].c = static_cast<char32_t>(joined);
                text[starter].change += now.change - 1;
                continue;
            }
        }
        text[out] = now;
        if (now.combining == 0) {
            starter = out;
            last_class = -1;
        } else {
            last_class = now.combining;
        }
        ++out;
    }
    text.resize(out);
}

} // namespace

void apply_form(AlignedText& text, UnicodeForm form) {
    const bool compatible = form == UnicodeForm::nfkc || form == UnicodeForm::nfkd;
    const bool composed = form == UnicodeForm::nfc || form == UnicodeForm::nfkc;
    const std::u32string& old = text.text();
    // Below these nothing decomposes, below 0x300 nothing composes.
    const char32_t safe = compatible ? 0xA0 : composed ? 0x300 : 0xC0;
    if (std::all_of(old.begin(), old.end(), [&](char32_t c) { return c < safe; })) return;

    const icu::Normalizer2& table =
        form_of(compatible ? icu::Normalizer2::getNFKCInstance : icu::Normalizer2::getNFCInstance);
    std::vector<Change> changes;
    changes.reserve(old.size() + 16);
    icu::UnicodeString parts;
    for (const char32_t c : old) {
        text.require_room(changes.size());
        if (c < 0xA0 || !known(c) || !table.getDecomposition(static_cast<UChar32>(c), parts)) {
            changes.push_back({c, 0, combining_class(c)});
            continue;
        }
        for (std::int32_t i = 0; i < parts.length(); i = parts.moveIndex32(i, 1)) {
            const auto part = static_cast<char32_t>(parts.char32At(i));
            changes.push_back({part, i == 0 ? 0 : 1, combining_class(part)});
        }
    }
    reorder(changes);
    if (composed) compose(changes, form_of(icu::Normalizer2::getNFCInstance));
    TextRewriter out(text);
    for (const Change& change : changes)
        out.change(change.c, change.change);
    out.commit();
}

} // namespace diapason
