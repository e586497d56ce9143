// Edit distance to one reference within a band around the diagonal, for hypotheses that are much the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace diapason {

/// Turns a hypothesis into a reference.
enum class Edit : std::uint8_t { none, match, substitution, deletion, insertion };

/// For hypotheses of one length. Rows of the table are hypothesis words, columns reference words; row i keeps the
/// columns near its place on the diagonal, and the last row all behind them. Equal costs prefer match or substitution,
/// then deletion, then insertion (Tercom's choice, by which its shifts are found).
class BandedDistance {
public:
    BandedDistance(const std::vector<std::uint32_t>& reference, std::size_t hypothesis_length);

    /// The whole table of a hypothesis, which the next calls refer to.
    std::int64_t begin(const std::vector<std::uint32_t>& hypothesis);
    /// The edits of the hypothesis begun with, from its beginning.
    std::vector<Edit> edits() const;
    /// The distance of another hypothesis, which is the one begun with outside [first, last).
    std::int64_t distance_of(const std::vector<std::uint32_t>& changed, std::size_t first, std::size_t last) const;

private:
    using Cost = std::int32_t;
    struct Band {
        std::size_t begin = 0, end = 0; ///< columns
        std::size_t place = 0;          ///< of the first of them in the tables
    };

    Cost cost_in(const std::vector<Cost>& row, const Band& band, std::size_t column) const;
    void compute(const std::vector<Cost>& above, std::size_t row, std::uint32_t word, std::vector<Cost>& costs,
                 Edit* edits) const;
    std::vector<Cost> row_of(std::size_t row) const;

    const std::vector<std::uint32_t>& m_reference;
    std::vector<Band> m_bands; ///< of each row; row 0 stands before the first word
    std::vector<Cost> m_costs;
    std::vector<Edit> m_edits;
};

} // namespace diapason
