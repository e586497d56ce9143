#include "core/data/filling.h"

#include <algorithm>
#include <utility>

namespace diapason {

std::string fill(const std::string& text_template, const Example& example) {
    const std::pair<std::string, const std::string&> fields[] = {{"{pair}", example.pair},
                                                                 {"{target}", example.target}};
    std::string filled;
    for (std::size_t at = 0; at < text_template.size();) {
        const auto* field = std::find_if(std::begin(fields), std::end(fields), [&](const auto& candidate) {
            return text_template.compare(at, candidate.first.size(), candidate.first) == 0;
        });
        if (field == std::end(fields)) {
            filled += text_template[at++];
        } else {
            filled += field->second;
            at += field->first.size();
        }
    }
    return filled;
}

std::vector<std::int64_t> filled_tokens(const Tokenizer& tokenizer, const std::string& text_template,
                                        const Example& example, std::size_t room) {
    const auto at = text_template.find("{text}");
    const std::string before = fill(text_template.substr(0, at), example);
    const std::string after = fill(text_template.substr(at + 6), example);
    const auto tail =
        after.empty() ? std::vector<std::int64_t>() : tokenizer.encode(after, {.add_special_tokens = false}).ids;
    auto ids = tokenizer
                   .encode(before + example.text,
                           {.add_special_tokens = false, .max_length = room - std::min(room - 1, tail.size())})
                   .ids;
    ids.insert(ids.end(), tail.begin(), tail.end());
    return ids;
}

} // namespace diapason
