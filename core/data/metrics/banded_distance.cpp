#include "core/data/metrics/banded_distance.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace diapason {
namespace {

constexpr std::int32_t unreachable = std::numeric_limits<std::int32_t>::max() / 2;
constexpr double half_width = 25;

// By how much one row is above another, when it is by the same everywhere that can be reached.
std::optional<std::int32_t> lift(const std::vector<std::int32_t>& a, const std::int32_t* b) {
    std::optional<std::int32_t> difference;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const bool reached = a[i] < unreachable;
        if (reached != (b[i] < unreachable)) return std::nullopt;
        if (!reached) continue;
        if (difference && *difference != a[i] - b[i]) return std::nullopt;
        difference = a[i] - b[i];
    }
    return difference;
}

} // namespace

BandedDistance::BandedDistance(const std::vector<std::uint32_t>& reference, std::size_t hypothesis_length)
    : m_reference(reference) {
    const auto columns = static_cast<double>(reference.size());
    const auto rows = static_cast<double>(hypothesis_length);
    const double ratio = hypothesis_length > 0 ? columns / rows : 1;
    // Rows of a short hypothesis lie far apart on the diagonal; their bands must still meet.
    const double width = half_width < ratio / 2 ? std::ceil(ratio / 2 + half_width) : half_width;
    m_bands.push_back({0, reference.size() + 1, 0});
    for (std::size_t i = 1; i <= hypothesis_length; ++i) {
        const double diagonal = std::floor(static_cast<double>(i) * ratio);
        const auto begin = static_cast<std::size_t>(std::max(0.0, diagonal - width));
        const auto end = i == hypothesis_length ? reference.size() + 1
                                                : static_cast<std::size_t>(std::min(columns + 1, diagonal + width));
        m_bands.push_back(
            {begin, std::max(begin, end), m_bands.back().place + m_bands.back().end - m_bands.back().begin});
    }
    m_costs.resize(m_bands.back().place + m_bands.back().end - m_bands.back().begin);
    m_edits.resize(m_costs.size());
    for (std::size_t j = 0; j <= reference.size(); ++j) {
        m_costs[j] = static_cast<Cost>(j);
        m_edits[j] = Edit::insertion;
    }
}

BandedDistance::Cost BandedDistance::cost_in(const std::vector<Cost>& row, const Band& band, std::size_t column) const {
    return column >= band.begin && column < band.end ? row[column - band.begin] : unreachable;
}

std::vector<BandedDistance::Cost> BandedDistance::row_of(std::size_t row) const {
    const Band& band = m_bands[row];
    const auto first = m_costs.begin() + static_cast<std::ptrdiff_t>(band.place);
    return {first, first + static_cast<std::ptrdiff_t>(band.end - band.begin)};
}

void BandedDistance::compute(const std::vector<Cost>& above, std::size_t row, std::uint32_t word,
                             std::vector<Cost>& costs, Edit* edits) const {
    const Band &band = m_bands[row], &upper = m_bands[row - 1];
    costs.resize(band.end - band.begin);
    Cost left = unreachable;
    for (std::size_t j = band.begin; j < band.end; ++j) {
        Cost best = unreachable;
        Edit edit = Edit::none;
        const auto offer = [&](Cost cost, Edit which) {
            if (cost >= best) return;
            best = cost;
            edit = which;
        };
        if (j > 0) {
            const bool same = word == m_reference[j - 1];
            offer(cost_in(above, upper, j - 1) + (same ? 0 : 1), same ? Edit::match : Edit::substitution);
        }
        offer(cost_in(above, upper, j) + 1, Edit::deletion);
        offer(left + 1, Edit::insertion);
        costs[j - band.begin] = left = best;
        if (edits != nullptr) edits[j - band.begin] = edit;
    }
}

std::int64_t BandedDistance::begin(const std::vector<std::uint32_t>& hypothesis) {
    std::vector<Cost> above = row_of(0), costs;
    for (std::size_t i = 1; i < m_bands.size(); ++i) {
        compute(above, i, hypothesis[i - 1], costs, m_edits.data() + m_bands[i].place);
        std::copy(costs.begin(), costs.end(), m_costs.begin() + static_cast<std::ptrdiff_t>(m_bands[i].place));
        std::swap(above, costs);
    }
    return m_costs.back();
}

std::vector<Edit> BandedDistance::edits() const {
    std::vector<Edit> edits;
    std::size_t i = m_bands.size() - 1, j = m_reference.size();
    while (i > 0 || j > 0) {
        const Edit edit = m_edits[m_bands[i].place + j - m_bands[i].begin];
        edits.push_back(edit);
        if (edit != Edit::insertion) --i;
        if (edit != Edit::deletion) --j;
    }
    std::reverse(edits.begin(), edits.end());
    return edits;
}

std::int64_t BandedDistance::distance_of(const std::vector<std::uint32_t>& changed, std::size_t first,
                                         std::size_t last) const {
    // Rows before the change are known. Behind it, once a row is the known one but for a constant, so are all that
    // follow: costs depend on the row above by minima and sums alone.
    std::vector<Cost> above = row_of(first), costs;
    for (std::size_t i = first + 1; i < m_bands.size(); ++i) {
        compute(above, i, changed[i - 1], costs, nullptr);
        if (i >= last) {
            if (const auto difference = lift(costs, m_costs.data() + m_bands[i].place))
                return m_costs.back() + *difference;
        }
        std::swap(above, costs);
    }
    return above.back();
}

} // namespace diapason
