// Spans that tags mark: of names, phrases, arguments.
#pragma once

#include "core/base/options.h"

#include <compare>
#include <cstddef>
#include <string>
#include <vector>

namespace diapason {

struct TaggedSpan {
    std::string type;                ///< "PER"; "_" of tags without a type
    std::size_t first = 0, last = 0; ///< tokens; both belong to it
    friend auto operator<=>(const TaggedSpan&, const TaggedSpan&) = default;
};

/// A way of reading tags.
struct TagScheme {
    const char* name;
    const char* help;
    /// @throws Error(input) for a tag that the scheme does not have
    std::vector<TaggedSpan> (*spans)(const std::vector<std::string>& tags);
};

/// conlleval, and the strict schemes IOB1, IOB2, IOBES of seqeval.
const std::vector<TagScheme>& tag_schemes();
const TagScheme& tag_scheme(const std::string& name); ///< one of them
/// "scheme", one of them.
OptionDescriptor tag_scheme_option();

} // namespace diapason
