// What ProPETL's options mean on a backbone: which prototypes there are, and which layers share each. Torch-free.
#pragma once

#include "core/backbone/sites.h"
#include "methods/catalog/delta_choices.h"
#include "methods/catalog/method_info.h"

#include <cstdint>
#include <string>
#include <vector>

namespace diapason {

enum class PrototypeForm { adapter, lora, prefix };

/// The layers of one kind of place: they share a prototype, or have one each where nothing is shared.
struct PrototypeGroup {
    std::string sublayer, point;
    std::int64_t in = 0,
                 out = 0; ///< widths that an adapter or an update reads and gives; a prefix: out = keys + values
    std::vector<Site> sites;

    std::string address() const { return "shared." + sublayer + "." + point; }
    std::int64_t layers() const { return static_cast<std::int64_t>(sites.size()); }
};

struct PropetlPlan {
    PrototypeForm form = PrototypeForm::adapter;
    bool shared = true; ///< one prototype a group; otherwise one a layer
    bool masked = true;
    double keep = 0.5;
    double mask_rate = 1;
    std::int64_t size = 0; ///< b, r or the prefix's length
    std::int64_t hidden = 0;
    std::int64_t width = 0; ///< of the backbone
    std::vector<PrototypeGroup> groups;

    /// For several tasks: every task has masks of its own, which all layers share.
    std::int64_t tasks = 0; ///< 0 = no masks of tasks
    MaskRule rule = MaskRule::any;

    /// Elements of each tensor of a group's prototype that is masked: down and up, A and B, the rows.
    std::vector<std::int64_t> masked_sizes(const PrototypeGroup& group) const;
    /// Closed formula; without the head.
    ParameterCounts counts() const;
};

/// @throws Error(config) for sites that do not fit the form, or whose widths differ where one prototype serves them
PropetlPlan propetl_plan(const BackboneConfig& config, const OptionValues& options);

/// Elements of n that a mask leaves: n − int((1−keep)·n).
std::int64_t kept_elements(std::int64_t n, double keep);

} // namespace diapason
