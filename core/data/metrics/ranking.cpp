// Metrics of the place that the right answer has among ranked candidates.
#include "core/data/metrics/families.h"

#include <algorithm>
#include <map>

namespace diapason {
namespace {

double at_first(std::int64_t rank) {
    return rank == 1 ? 1 : 0;
}
double reciprocal(std::int64_t rank) {
    return rank > 0 ? 1 / static_cast<double>(rank) : 0;
}

template <double (&of_rank)(std::int64_t)>
class RankMeanScorer : public MeanScorer {
public:
    RankMeanScorer(const RankOutcomes& outcomes, const OptionValues& /*values*/)
        : MeanScorer(outcomes.items()),
          m_outcomes(outcomes) {}
    std::optional<double> item_value(std::size_t item) const override { return of_rank(m_outcomes.ranks.at(item)); }

private:
    const RankOutcomes& m_outcomes;
};

// Mean over the groups of their means. Statistics: sum and items, group by group.
template <double (&of_rank)(std::int64_t)>
class GroupMeanScorer : public SumScorer {
public:
    GroupMeanScorer(const RankOutcomes& outcomes, const OptionValues& /*values*/)
        : SumScorer(outcomes.items()),
          m_outcomes(outcomes) {
        for (std::size_t item = 0; item < items(); ++item)
            m_places.emplace(group_of(item), 0);
        std::size_t number = 0;
        for (auto& [group, place] : m_places)
            place = 2 * number++;
    }
    std::size_t width() const override { return std::max<std::size_t>(2, 2 * m_places.size()); }
    void add_statistics(std::size_t item, std::vector<double>& sums) const override {
        const std::size_t place = m_places.at(group_of(item));
        sums[place] += of_rank(m_outcomes.ranks.at(item));
        sums[place + 1] += 1;
    }
    std::optional<double> value_of(const std::vector<double>& sums) const override {
        double sum = 0, groups = 0;
        for (std::size_t k = 0; k < sums.size(); k += 2) {
            if (sums[k + 1] == 0) continue;
            sum += sums[k] / sums[k + 1];
            groups += 1;
        }
        return quotient(sum, groups);
    }

private:
    std::string group_of(std::size_t item) const {
        return m_outcomes.groups.empty() ? std::string() : m_outcomes.groups.at(item);
    }

    const RankOutcomes& m_outcomes;
    std::map<std::string, std::size_t> m_places;
};

} // namespace

std::vector<MetricInfo> ranking_metrics() {
    return {
        {share_measure("p_at_1", "P@1", "Share of items whose right answer is the first candidate."),
         "Petroni et al. 2019",
         {},
         defined_as("average:items|version:1"),
         made_by<RankMeanScorer<at_first>, RankOutcomes>},
        {share_measure("p_at_1_by_group", "P@1 by group",
                       "Share of items whose right answer is the first candidate, averaged over groups: LAMA's "
                       "relations."),
         "Petroni et al. 2019",
         {},
         defined_as("average:groups|version:1"),
         made_by<GroupMeanScorer<at_first>, RankOutcomes>},
        {share_measure("mrr", "mean reciprocal rank",
                       "Mean of 1 / place of the right answer; 0 where it is not among the candidates."),
         "Voorhees 1999",
         {},
         defined_as("average:items|version:1"),
         made_by<RankMeanScorer<reciprocal>, RankOutcomes>},
    };
}

} // namespace diapason
