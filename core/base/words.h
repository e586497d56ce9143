// Sentences that messages are made of: lists of names, the nearest of them, values of JSON as plain text.
#pragma once

#include "core/base/json.h"

#include <functional>
#include <string>
#include <vector>

namespace diapason {

/// The candidate nearest to `word` by edit distance; empty when none is near.
std::string nearest_name(const std::string& word, const std::vector<std::string>& candidates);
/// "Did you mean accuracy?", else `otherwise`: a remedy.
std::string did_you_mean(const std::string& word, const std::vector<std::string>& candidates,
                         const std::string& otherwise = {});

/// "csv, jsonl, tsv"; of more than `most` names "…" stands for the rest.
std::string joined(const std::vector<std::string>& names, std::size_t most = 40);
/// The same of what `name_of` (a function or a member) says of each item.
template <typename Range, typename Name>
std::string joined_by(const Range& items, Name name_of) {
    std::vector<std::string> names;
    for (const auto& item : items)
        names.emplace_back(std::invoke(name_of, item));
    return joined(names);
}

/// Without the spaces, tabs and line ends around it, and with a single space between words: what a reader sees.
std::string without_extra_spaces(const std::string& text);

/// A text as it is, anything else as JSON writes it.
std::string plain_text(const Json& value);

} // namespace diapason
