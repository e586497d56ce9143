// What stands around texts: special tokens, and which offsets tokens report.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace diapason {

/// Puts special tokens around one text or a pair.
struct PostProcessor {
    struct Item {
        int text = -1; ///< 0 or 1: that text goes here; -1: the special tokens `ids`
        std::vector<std::int64_t> ids;
        std::int64_t type_id = 0;
    };
    std::vector<Item> single = {{0, {}, 0}};
    std::vector<Item> pair = {{0, {}, 0}, {1, {}, 1}};

    bool trim_offsets = false;     ///< offsets leave out white space that a token contains
    bool keep_first_space = false; ///< but not the one that was put before the text

    std::size_t special_count(bool with_pair) const;
};

} // namespace diapason
