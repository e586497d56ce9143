#include "core/data/metrics/ter_edits.h"

#include "core/data/metrics/banded_distance.h"

#include <algorithm>
#include <limits>
#include <tuple>

namespace diapason {
namespace {

using WordIds = std::vector<std::uint32_t>;

constexpr std::size_t max_shift_words = 10, max_shift_distance = 50, max_candidates = 1000;

// What the edits say of each word.
struct Alignment {
    std::vector<std::size_t> behind; // of a reference word: the place behind its hypothesis word
    std::vector<std::size_t> hypothesis_errors, reference_errors; // sums over the words before a place
};

Alignment alignment_of(const std::vector<Edit>& edits) {
    Alignment alignment{{}, {0}, {0}};
    std::size_t place = 0;
    for (const Edit edit : edits) {
        const std::size_t wrong = edit == Edit::match ? 0 : 1;
        if (edit != Edit::insertion) {
            ++place;
            alignment.hypothesis_errors.push_back(alignment.hypothesis_errors.back() + wrong);
        }
        if (edit != Edit::deletion) {
            alignment.behind.push_back(place);
            alignment.reference_errors.push_back(alignment.reference_errors.back() + wrong);
        }
    }
    return alignment;
}

// `length` words from `start` moved to where `target` was, or, where that is within them, further by as many words.
// [first, last) is what has changed.
struct Shifted {
    WordIds words;
    std::size_t first = 0, last = 0;
};
Shifted shifted(const WordIds& words, std::size_t start, std::size_t length, std::size_t target) {
    Shifted result{words, std::min(start, target), 0};
    const auto at = [&](std::size_t place) { return result.words.begin() + static_cast<std::ptrdiff_t>(place); };
    if (target < start) {
        result.last = start + length;
        std::rotate(at(target), at(start), at(start + length));
        return result;
    }
    const std::size_t stop = target > start + length ? target : std::min(length + target, words.size());
    result.last = std::max(stop, start + length);
    std::rotate(at(start), at(start + length), at(result.last));
    return result;
}

class ShiftSearch {
public:
    ShiftSearch(WordIds hypothesis, const WordIds& reference)
        : m_words(std::move(hypothesis)),
          m_reference(reference),
          m_distance(reference, m_words.size()) {}

    std::int64_t edits() {
        std::int64_t shifts = 0;
        while (true) {
            m_before = m_distance.begin(m_words);
            m_alignment = alignment_of(m_distance.edits());
            m_best = {};
            try_all();
            if (m_candidates >= max_candidates || m_best.gain <= 0) return shifts + m_before;
            ++shifts;
            m_words = shifted(m_words, m_best.start, m_best.length, m_best.target).words;
        }
    }

private:
    struct Candidate {
        std::int64_t gain = std::numeric_limits<std::int64_t>::min();
        std::size_t length = 0, start = 0, target = 0;
        // A longer match, then an earlier one, then an earlier place is better.
        bool better_than(const Candidate& other) const {
            return std::tuple(gain, length, other.start, other.target) >
                   std::tuple(other.gain, other.length, start, target);
        }
    };

    static std::size_t errors_in(const std::vector<std::size_t>& sums, std::size_t start, std::size_t length) {
        return sums[std::min(start + length, sums.size() - 1)] - sums[start];
    }

    void try_all() {
        for (std::size_t start = 0; start < m_words.size(); ++start) {
            if (errors_in(m_alignment.hypothesis_errors, start, max_shift_words) == 0) continue;
            const std::size_t first = start - std::min(start, max_shift_distance);
            const std::size_t last = std::min(m_reference.size(), start + max_shift_distance + 1);
            for (std::size_t wanted = first; wanted < last; ++wanted) {
                if (!try_from(start, wanted)) return;
            }
        }
    }

    // Matching words from two places on, one more each time. False when enough was tried.
    bool try_from(std::size_t start, std::size_t wanted) {
        for (std::size_t length = 1; length <= max_shift_words; ++length) {
            const std::size_t here = start + length - 1, there = wanted + length - 1;
            if (here >= m_words.size() || there >= m_reference.size() || m_words[here] != m_reference[there]) break;
            if (errors_in(m_alignment.hypothesis_errors, start, length) == 0) continue;
            if (errors_in(m_alignment.reference_errors, wanted, length) == 0) continue;
            // Within itself nothing is shifted; a word aligned with nothing in front has place 0.
            const std::size_t behind = m_alignment.behind[wanted];
            if (behind > start && behind <= start + length) continue;
            try_targets(start, wanted, length);
            if (m_candidates >= max_candidates) return false;
        }
        return true;
    }

    // Where the reference's words, and the one in front of them, are aligned.
    void try_targets(std::size_t start, std::size_t wanted, std::size_t length) {
        std::size_t previous = std::numeric_limits<std::size_t>::max();
        for (std::size_t k = 0; k <= length && wanted + k <= m_alignment.behind.size(); ++k) {
            const std::size_t target = wanted + k == 0 ? 0 : m_alignment.behind[wanted + k - 1];
            if (target == previous) continue;
            previous = target;
            const Shifted moved = shifted(m_words, start, length, target);
            const Candidate candidate{m_before - m_distance.distance_of(moved.words, moved.first, moved.last), length,
                                      start, target};
            ++m_candidates;
            if (candidate.better_than(m_best)) m_best = candidate;
        }
    }

    WordIds m_words;
    const WordIds& m_reference;
    BandedDistance m_distance;
    std::int64_t m_before = 0; ///< distance of m_words
    Alignment m_alignment;
    Candidate m_best;
    std::size_t m_candidates = 0;
};

} // namespace

std::int64_t translation_edits(const WordIds& hypothesis, const WordIds& reference) {
    if (reference.empty()) return static_cast<std::int64_t>(hypothesis.size());
    return ShiftSearch(hypothesis, reference).edits();
}

} // namespace diapason
