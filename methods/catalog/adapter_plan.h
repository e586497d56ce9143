// What the options of adapter methods mean on a backbone: where each adapter sits, and what it consists of. Torch-free.
#pragma once

#include "core/backbone/sites.h"
#include "methods/catalog/delta_choices.h"
#include "methods/catalog/method_info.h"

#include <cstdint>
#include <string>
#include <vector>

namespace diapason {

struct AdapterTarget {
    Site site;
    std::int64_t in = 0, out = 0;           ///< widths of what f reads and gives
    std::int64_t heads = 1, head_width = 0; ///< of the stack
};

struct AdapterPlan {
    DeltaForm form = DeltaForm::bottleneck;
    DeltaInsertion insertion = DeltaInsertion::parallel;
    DeltaComposition composition = DeltaComposition::add;
    std::string input; ///< serial: output, sum, normalised_sum; parallel: residual, sublayer_input
    std::string activation = "identity";
    std::string init = "zero_up"; ///< zero_up, normal, small_normal, truncated_normal
    double scale = 1;
    double dropout = 0;       ///< of the adapter's result
    double inner_dropout = 0; ///< of what enters its up-projection
    bool norm_in = false, norm_out = false;
    std::int64_t size = 0;           ///< r
    std::int64_t kronecker = 0;      ///< n of hypercomplex maps
    std::int64_t kronecker_rank = 0; ///< of their factors
    std::vector<AdapterTarget> targets;

    std::int64_t parameters_at(const AdapterTarget& target) const; ///< closed formula
    std::int64_t shared_parameters() const { return kronecker * kronecker * kronecker; }
};

/// The options that an adapter method has, out of all that there are; the rest keep the plan's defaults.
/// @throws Error(config) for sites and combinations that cannot be
AdapterPlan adapter_plan(const BackboneConfig& config, const OptionValues& options, AdapterPlan defaults);

// Descriptors, for the methods that have them.
OptionDescriptor adapter_size(std::int64_t value);
OptionDescriptor adapter_sites(const std::string& value, const std::string& help);
OptionDescriptor adapter_activation(const std::string& value);
OptionDescriptor adapter_norm();
OptionDescriptor adapter_dropout();
OptionDescriptor adapter_dropout_site();
OptionDescriptor adapter_drop_first();
OptionDescriptor adapter_init(const std::string& value);
OptionDescriptor adapter_composition(const std::string& value);
OptionDescriptor adapter_scale(double value);

/// Counts, drawing and refusal of a method that is adapters and nothing else.
void describe_adapters(MethodInfo& info, const AdapterPlan& defaults);

AdapterPlan serial_adapter_plan();
AdapterPlan parallel_adapter_plan();
AdapterPlan multi_head_adapter_plan();
AdapterPlan compacter_plan();

} // namespace diapason
