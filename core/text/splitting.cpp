#include "core/text/splitting.h"

#include <algorithm>
#include <map>

namespace diapason {

Delimiters delimiters_from(const StageJson& object, const char* field, Delimiters fallback, const StagePlace& place) {
    static const std::map<std::string, Delimiters> names = {{"Removed", Delimiters::removed},
                                                            {"Isolated", Delimiters::isolated},
                                                            {"Contiguous", Delimiters::contiguous},
                                                            {"MergedWithPrevious", Delimiters::merged_with_previous},
                                                            {"MergedWithNext", Delimiters::merged_with_next}};
    const auto name = stage_value<std::string>(object, field, "", place);
    if (name.empty()) return fallback;
    const auto found = names.find(name);
    if (found == names.end()) (place / field).fail("unsupported: unknown behaviour", name);
    return found->second;
}

std::vector<Part> parts_of(const std::vector<Span>& matches, std::size_t size, bool inverted) {
    std::vector<Part> parts;
    parts.reserve(2 * matches.size() + 1);
    std::uint32_t done = 0;
    for (const Span match : matches) {
        if (done != match.begin) parts.push_back({{done, match.begin}, inverted});
        parts.push_back({match, !inverted});
        done = match.end;
    }
    if (done < size) parts.push_back({{done, static_cast<std::uint32_t>(size)}, inverted});
    return parts;
}

std::vector<Span> divide(const std::vector<Part>& parts, Delimiters behaviour) {
    std::vector<Span> out;
    out.reserve(parts.size());
    bool previous = false; // was the part before this one a delimiter?
    switch (behaviour) {
    case Delimiters::removed:
        for (const Part& part : parts)
            if (!part.delimiter) out.push_back(part.span);
        break;
    case Delimiters::isolated:
        for (const Part& part : parts)
            out.push_back(part.span);
        break;
    case Delimiters::contiguous:
        for (const Part& part : parts) {
            if (part.delimiter == previous && !out.empty())
                out.back().end = part.span.end;
            else
                out.push_back(part.span);
            previous = part.delimiter;
        }
        break;
    case Delimiters::merged_with_previous:
        for (const Part& part : parts) {
            if (part.delimiter && !previous && !out.empty())
                out.back().end = part.span.end;
            else
                out.push_back(part.span);
            previous = part.delimiter;
        }
        break;
    case Delimiters::merged_with_next:
        for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
            if (part->delimiter && !previous && !out.empty())
                out.back().begin = part->span.begin;
            else
                out.push_back(part->span);
            previous = part->delimiter;
        }
        std::reverse(out.begin(), out.end());
        break;
    }
    return out;
}

} // namespace diapason
