#include "methods/catalog/adapter_plan.h"

#include "core/base/error.h"

#include <algorithm>

namespace diapason {
namespace {

bool has(const OptionValues& options, const char* name) {
    return options.json().contains(name);
}

DeltaForm form_from(const std::string& name) {
    return name == "low_rank" ? DeltaForm::low_rank : DeltaForm::bottleneck;
}

DeltaComposition composition_from(const std::string& name) {
    if (name == "scaled") return DeltaComposition::scaled;
    return name == "learned" ? DeltaComposition::learned : DeltaComposition::add;
}

AdapterTarget target_of(const BackboneConfig& config, const AdapterPlan& plan, const Site& site) {
    AdapterTarget target{site, config.width, site.out, 1, 0};
    for (const StackShape& stack : config.stacks()) {
        if (stack.name != site.stack) continue;
        target.heads = stack.heads;
        target.head_width = stack.head_width;
    }
    if (plan.insertion == DeltaInsertion::serial)
        target.in = target.out;
    else if (site.is_linear())
        target.in = site.in;
    return target;
}

void read_choices(const OptionValues& options, AdapterPlan& plan) {
    if (has(options, "form")) plan.form = form_from(options.text("form"));
    if (has(options, "composition")) plan.composition = composition_from(options.text("composition"));
    if (has(options, "input")) plan.input = options.text("input");
    if (has(options, "activation")) plan.activation = options.text("activation");
    if (plan.form == DeltaForm::low_rank) plan.activation = "identity";
    if (has(options, "init")) plan.init = options.text("init");
    if (has(options, "scale") && plan.composition == DeltaComposition::scaled) plan.scale = options.real("scale");
    if (has(options, "dropout"))
        (options.text("dropout_site") == "inside" ? plan.inner_dropout : plan.dropout) = options.real("dropout");
    if (has(options, "norm")) {
        plan.norm_in = options.text("norm") == "in" || options.text("norm") == "both";
        plan.norm_out = options.text("norm") == "out" || options.text("norm") == "both";
    }
    if (has(options, "size")) plan.size = options.integer("size");
    if (has(options, "kronecker")) plan.kronecker = options.integer("kronecker");
    if (has(options, "kronecker_rank")) plan.kronecker_rank = options.integer("kronecker_rank");
}

} // namespace

std::int64_t AdapterPlan::parameters_at(const AdapterTarget& target) const {
    const std::int64_t in = target.in, out = target.out;
    std::int64_t count = composition == DeltaComposition::learned ? 1 : 0;
    if (norm_in) count += 2 * in;
    if (norm_out) count += 2 * out;
    switch (form) {
    case DeltaForm::bottleneck:
        return count + in * size + size + size * out + out;
    case DeltaForm::low_rank:
        return count + size * (in + out);
    case DeltaForm::multi_head:
        return count + 2 * target.heads * target.head_width * size;
    case DeltaForm::hypercomplex:
        // n factor pairs of [in/n, k] and [k, size/n] for down, the same for up, and both biases.
        return count + kronecker_rank * (in + 2 * size + out) + size + out;
    case DeltaForm::rows:
        break;
    }
    return count;
}

AdapterPlan adapter_plan(const BackboneConfig& config, const OptionValues& options, AdapterPlan defaults) {
    AdapterPlan plan = std::move(defaults);
    read_choices(options, plan);
    const std::int64_t first = has(options, "drop_first") ? options.integer("drop_first") : 0;
    for (const Site& site : match_sites(config, options.text("sites"))) {
        const std::string reason = refusal_of({plan.form, plan.insertion, site.point, plan.composition});
        if (!reason.empty()) throw config_error("sites", site.address(), reason);
        if ((plan.norm_in || plan.norm_out) && site.is_linear())
            throw config_error("norm", options.text("norm"), "an adapter on a projection cannot have its own norm",
                               "Choose norm none, or a block");
        if (site.layer < first) continue;
        const AdapterTarget target = target_of(config, plan, site);
        if (plan.form == DeltaForm::hypercomplex &&
            (target.in % plan.kronecker != 0 || target.out % plan.kronecker != 0 || plan.size % plan.kronecker != 0))
            throw config_error("kronecker", std::to_string(plan.kronecker),
                               "does not divide the widths " + std::to_string(target.in) + " and " +
                                   std::to_string(plan.size) + " at " + site.address());
        plan.targets.push_back(target);
    }
    if (plan.targets.empty())
        throw config_error("drop_first", std::to_string(first), "leaves no layer with an adapter",
                           "Choose less than the number of layers");
    return plan;
}

void describe_adapters(MethodInfo& info, const AdapterPlan& defaults) {
    info.count = [defaults](const BackboneConfig& config, const TaskShape& task, const OptionValues& options) {
        const AdapterPlan plan = adapter_plan(config, options, defaults);
        std::int64_t trained = plan.shared_parameters();
        for (const AdapterTarget& target : plan.targets)
            trained += plan.parameters_at(target);
        return ParameterCounts{trained, trained, 32 * trained, head_parameter_count(config, task)};
    };
    info.drawing = [defaults](const BackboneConfig& config, const OptionValues& options) {
        const AdapterPlan plan = adapter_plan(config, options, defaults);
        DeltaGlyph glyph = plan.input == "residual" ? DeltaGlyph::parallel_residual : DeltaGlyph::parallel;
        if (plan.insertion == DeltaInsertion::serial) glyph = DeltaGlyph::serial;
        std::vector<Site> sites;
        for (const AdapterTarget& target : plan.targets)
            sites.push_back(target.site);
        return drawings_at(sites, glyph, "r " + std::to_string(plan.size));
    };
    info.other_start = [defaults](const OptionValues& options) {
        const std::string& init = has(options, "init") ? options.text("init") : defaults.init;
        return std::string(init == "zero_up" ? "" : "the second map is not zero");
    };
    info.refusal = [defaults](const BackboneConfig& config, const TaskShape&, const OptionValues& options) {
        adapter_plan(config, options, defaults); // throws for what cannot be
        return std::string();
    };
}

} // namespace diapason
