#include "core/data/readers/triples.h"

#include "core/text/unicode.h"

#include <utility>

namespace diapason {

std::string linearised(const std::vector<Triple>& triples, bool lower_case_relations) {
    std::string text;
    for (const Triple& triple : triples) {
        const std::string relation =
            lower_case_relations ? encode_utf8(lower_case_of_text(decode_utf8(triple[1]))) : triple[1];
        text += (text.empty() ? "" : " | ") + triple[0] + " : " + relation + " : " + triple[2];
    }
    return text;
}

bool set_texts(Example& example, std::vector<std::string> texts) {
    if (texts.empty()) return false;
    example.target = std::move(texts.front());
    texts.erase(texts.begin());
    example.references = std::move(texts);
    return true;
}

} // namespace diapason
