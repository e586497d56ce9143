#include "methods/deltas/adapter/masked_low_rank.h"
#include "methods/deltas/lora_delta.h"
#include "methods/interchange/delta_folder/source.h"

#include <algorithm>

namespace diapason::delta_folder {

void read_low_rank(Source& source, const Place& place) {
    const auto& linears = source.model().backbone().linears();
    const auto found = std::find_if(linears.begin(), linears.end(),
                                    [&](const auto& item) { return item.first.address() == place.address; });
    if (found == linears.end()) throw source.error("the backbone has no site " + place.address);
    const auto& [site, linear] = *found;
    const DeltaTensor a = source.tensor(place, "lora_A", {-1, site.in});
    const std::int64_t rank = a.parameter->value.size(0);
    const DeltaTensor b = source.tensor(place, "lora_B", {site.out, rank});
    const double scale = source.settings().number("alpha", static_cast<double>(rank)) / static_cast<double>(rank);
    if (a.scores != nullptr || b.scores != nullptr || source.shared(place.sublayer, place.point) != nullptr) {
        linear->deltas.push_back(std::make_unique<MaskedLowRank>(a, b, scale));
        return;
    }
    LowRank update;
    update.a = a.parameter;
    update.b = b.parameter;
    update.scale = scale;
    linear->deltas.push_back(std::make_unique<LoraDelta>(update));
}

} // namespace diapason::delta_folder
