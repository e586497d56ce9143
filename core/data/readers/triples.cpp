#include "core/data/readers/triples.h"

#include "core/base/error.h"
#include "core/data/readers/record_reader.h"
#include "core/text/unicode.h"

#include <utility>

namespace diapason {

std::string linearised(const std::vector<Triple>& triples, bool lower_case_relations) {
    if (triples.empty()) throw input_error({}, "has no triples");
    std::string text;
    for (const Triple& triple : triples) {
        const std::string relation =
            lower_case_relations ? encode_utf8(lower_case_of_text(decode_utf8(triple[1]))) : triple[1];
        text += (text.empty() ? "" : " | ") + triple[0] + " : " + relation + " : " + triple[2];
    }
    return text;
}

void set_texts(Example& example, std::vector<std::string> texts) {
    if (texts.empty()) throw input_error({}, "has no text");
    example.target = std::move(texts.front());
    texts.erase(texts.begin());
    example.references = std::move(texts);
}

void set_texts(Example& example, const Json& record, const std::string& list, const std::string& key) {
    std::vector<std::string> texts;
    for (const Json& entry : needed_list(record, list))
        texts.push_back(needed_text(entry, key));
    if (texts.empty()) throw input_error({}, "has no text in \"" + list + "\"");
    set_texts(example, std::move(texts));
}

} // namespace diapason
