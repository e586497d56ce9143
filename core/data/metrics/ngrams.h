// N-grams of several sequences, of one length after the other, in n·log n time and memory linear in the sequences.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace diapason {

/// Numbers for words, in the order in which they come. The words outlive the numbering.
class WordNumbers {
public:
    std::uint32_t number(std::u32string_view word) {
        return m_numbers.try_emplace(word, static_cast<std::uint32_t>(m_numbers.size())).first->second;
    }
    std::vector<std::uint32_t> numbers(const std::vector<std::u32string_view>& words);

private:
    std::unordered_map<std::u32string_view, std::uint32_t> m_numbers;
};

struct NgramCount {
    std::uint32_t id = 0;
    std::uint32_t count = 0;
};

/// Begins with single symbols. Equal n-grams have the same id in all sequences, different ones different ids: no
/// hashes that could collide.
class Ngrams {
public:
    explicit Ngrams(std::vector<std::vector<std::uint32_t>> sequences);

    void lengthen(); ///< to n-grams of one symbol more
    /// The n-gram at each place of a sequence where one begins.
    const std::vector<std::uint32_t>& ids(std::size_t sequence) const { return m_ids[sequence]; }
    std::vector<NgramCount> counts(std::size_t sequence) const; ///< by id

private:
    std::vector<std::vector<std::uint32_t>> m_symbols, m_ids;
    std::size_t m_length = 1;
};

/// Σ min(a, b) over the ids, and Σ a. @param a, b by id
double common(const std::vector<NgramCount>& a, const std::vector<NgramCount>& b);
double total(const std::vector<NgramCount>& counts);
/// The larger count of each id, by id.
std::vector<NgramCount> larger(const std::vector<NgramCount>& a, const std::vector<NgramCount>& b);

} // namespace diapason
