#include "core/data/metrics/common_subsequence.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <unordered_map>

namespace diapason {
namespace {

using Symbols = std::vector<std::uint32_t>;
// Of one row of the table, a bit for each column: 0 where the length grows by one there.
using Row = std::vector<std::uint64_t>;

constexpr std::uint64_t all = ~std::uint64_t{0};

// Rows of the table for a second sequence that does not change.
class Rows {
public:
    explicit Rows(const Symbols& b) : m_words((b.size() + 63) / 64), m_scratch(m_words) {
        for (std::size_t j = 0; j < b.size(); ++j)
            m_places[b[j]].push_back(static_cast<std::uint32_t>(j));
        // Frequent symbols get a mask of their own: at most 64 of them have more places than a row has words.
        for (const auto& [symbol, places] : m_places) {
            if (places.size() <= m_words) continue;
            set(m_masks.emplace(symbol, Row(m_words)).first->second, places, true);
        }
    }

    Row first() const { return Row(m_words, all); }

    // From the row above to the one of a symbol of the first sequence.
    void advance(Row& row, std::uint32_t symbol) {
        const auto places = m_places.find(symbol);
        if (places == m_places.end()) return;
        const auto mask = m_masks.find(symbol);
        if (mask != m_masks.end()) return add(row, mask->second);
        set(m_scratch, places->second, true);
        add(row, m_scratch);
        set(m_scratch, places->second, false);
    }

    // The length in the first `columns` columns.
    static std::size_t length(const Row& row, std::size_t columns) {
        std::size_t zeros = 0;
        for (std::size_t w = 0; w < columns / 64; ++w)
            zeros += static_cast<std::size_t>(std::popcount(~row[w]));
        if (columns % 64 > 0) {
            const std::uint64_t inside = (std::uint64_t{1} << columns % 64) - 1;
            zeros += static_cast<std::size_t>(std::popcount(~row[columns / 64] & inside));
        }
        return zeros;
    }

private:
    static void set(Row& mask, const std::vector<std::uint32_t>& places, bool on) {
        for (const std::uint32_t j : places)
            mask[j / 64] = on ? mask[j / 64] | std::uint64_t{1} << j % 64 : 0;
    }

    static void add(Row& row, const Row& mask) {
        std::uint64_t carry = 0;
        for (std::size_t w = 0; w < row.size(); ++w) {
            const std::uint64_t v = row[w], u = v & mask[w];
            const std::uint64_t sum = v + u, with_carry = sum + carry;
            carry = sum < v || with_carry < sum ? 1 : 0;
            row[w] = with_carry | (v - u);
        }
    }

    std::size_t m_words;
    std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> m_places;
    std::unordered_map<std::uint32_t, Row> m_masks;
    Row m_scratch;
};

} // namespace

std::size_t common_subsequence_length(const Symbols& a, const Symbols& b) {
    // What both begin and end with belongs to one of the longest.
    const auto [a_begin, b_begin] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
    const auto [a_end, b_end] =
        std::mismatch(a.rbegin(), std::make_reverse_iterator(a_begin), b.rbegin(), std::make_reverse_iterator(b_begin));
    const Symbols inner(b_begin, b_end.base());
    const auto outer = b.size() - inner.size();
    Rows rows(inner);
    Row row = rows.first();
    for (auto symbol = a_begin; symbol != a_end.base(); ++symbol)
        rows.advance(row, *symbol);
    return outer + Rows::length(row, inner.size());
}

std::vector<std::size_t> common_subsequence(const Symbols& a, const Symbols& b) {
    // The way back needs all rows. Every k-th is kept, and the k rows behind it are computed again on the way: memory
    // for 2·√n rows instead of n.
    const auto every = static_cast<std::size_t>(std::sqrt(static_cast<double>(a.size()))) + 1;
    Rows rows(b);
    Row row = rows.first();
    std::vector<Row> kept;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (i % every == 0) kept.push_back(row);
        rows.advance(row, a[i]);
    }
    std::vector<std::size_t> places;
    std::size_t i = a.size(), j = b.size();
    std::vector<Row> block; // of rows first … first + every
    std::size_t first = a.size();
    while (i > 0 && j > 0) {
        if (a[i - 1] == b[j - 1]) {
            places.push_back(--i);
            --j;
            continue;
        }
        if (block.empty() || i <= first) {
            first = (i - 1) / every * every;
            block.assign(1, kept[first / every]);
            for (std::size_t k = first; k < std::min(a.size(), first + every); ++k) {
                block.push_back(block.back());
                rows.advance(block.back(), a[k]);
            }
        }
        // Row i is longer than row i-1 in these columns: then the length came from the column on the left.
        const bool grown = Rows::length(block[i - first], j) > Rows::length(block[i - first - 1], j);
        --(grown ? j : i);
    }
    std::reverse(places.begin(), places.end());
    return places;
}

} // namespace diapason
