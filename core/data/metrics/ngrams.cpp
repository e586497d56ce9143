#include "core/data/metrics/ngrams.h"

#include <algorithm>
#include <utility>

namespace diapason {

std::vector<std::uint32_t> WordNumbers::numbers(const std::vector<std::u32string_view>& words) {
    std::vector<std::uint32_t> numbers;
    numbers.reserve(words.size());
    for (const std::u32string_view word : words)
        numbers.push_back(number(word));
    return numbers;
}

Ngrams::Ngrams(std::vector<std::vector<std::uint32_t>> sequences) : m_symbols(std::move(sequences)), m_ids(m_symbols) {}

void Ngrams::lengthen() {
    // An n-gram is the one of length n-1 at its place and the symbol behind that; its rank among all such pairs is its
    // id.
    const auto key = [this](std::size_t sequence, std::size_t at) {
        return std::uint64_t{m_ids[sequence][at]} << 32 | m_symbols[sequence][at + m_length];
    };
    std::vector<std::uint64_t> keys;
    for (std::size_t s = 0; s < m_ids.size(); ++s) {
        if (!m_ids[s].empty()) m_ids[s].pop_back(); // no symbol is behind the last one
        for (std::size_t i = 0; i < m_ids[s].size(); ++i)
            keys.push_back(key(s, i));
    }
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    for (std::size_t s = 0; s < m_ids.size(); ++s) {
        for (std::size_t i = 0; i < m_ids[s].size(); ++i)
            m_ids[s][i] =
                static_cast<std::uint32_t>(std::lower_bound(keys.begin(), keys.end(), key(s, i)) - keys.begin());
    }
    ++m_length;
}

std::vector<NgramCount> Ngrams::counts(std::size_t sequence) const {
    std::vector<std::uint32_t> ids = m_ids[sequence];
    std::sort(ids.begin(), ids.end());
    std::vector<NgramCount> counts;
    for (const std::uint32_t id : ids) {
        if (counts.empty() || counts.back().id != id) counts.push_back({id, 0});
        ++counts.back().count;
    }
    return counts;
}

double common(const std::vector<NgramCount>& a, const std::vector<NgramCount>& b) {
    double sum = 0;
    for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
        if (a[i].id == b[j].id)
            sum += std::min(a[i++].count, b[j++].count);
        else
            ++(a[i].id < b[j].id ? i : j);
    }
    return sum;
}

double total(const std::vector<NgramCount>& counts) {
    double sum = 0;
    for (const NgramCount& count : counts)
        sum += count.count;
    return sum;
}

std::vector<NgramCount> larger(const std::vector<NgramCount>& a, const std::vector<NgramCount>& b) {
    std::vector<NgramCount> out;
    std::size_t i = 0, j = 0;
    while (i < a.size() || j < b.size()) {
        if (j == b.size() || (i < a.size() && a[i].id < b[j].id))
            out.push_back(a[i++]);
        else if (i == a.size() || b[j].id < a[i].id)
            out.push_back(b[j++]);
        else {
            out.push_back({a[i].id, std::max(a[i].count, b[j].count)});
            ++i, ++j;
        }
    }
    return out;
}

} // namespace diapason
