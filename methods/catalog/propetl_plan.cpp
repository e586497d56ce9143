#include "methods/catalog/propetl_plan.h"

#include "core/base/error.h"

#include <algorithm>
#include <numeric>

namespace diapason {
namespace {

struct FormWords {
    PrototypeForm form;
    const char *name, *sites, *size, *need;
};
constexpr FormWords forms[] = {
    {PrototypeForm::adapter, "adapter", "sites", "size", "an adapter needs the point block of a sublayer"},
    {PrototypeForm::lora, "lora", "targets", "rank", "a low-rank update needs a linear map"},
    {PrototypeForm::prefix, "prefix", "attentions", "length", "a prefix needs the point kv of an attention"}};

bool fits(PrototypeForm form, const Site& site) {
    if (form == PrototypeForm::lora) return site.is_linear();
    return site.point == (form == PrototypeForm::adapter ? "block" : "kv");
}

void add_site(PropetlPlan& plan, const FormWords& words, const Site& site) {
    const std::int64_t in = words.form == PrototypeForm::prefix ? 0 : site.in;
    const std::int64_t out = words.form == PrototypeForm::prefix ? 2 * site.out : site.out;
    auto group = std::find_if(plan.groups.begin(), plan.groups.end(), [&](const PrototypeGroup& candidate) {
        const bool as_wide = candidate.in == in && candidate.out == out;
        return candidate.sublayer == site.sublayer && candidate.point == site.point && (plan.shared || as_wide);
    });
    if (group == plan.groups.end())
        group = plan.groups.insert(plan.groups.end(), {site.sublayer, site.point, in, out, {}});
    if (plan.shared && (group->in != in || group->out != out))
        throw config_error(words.sites, site.address(),
                           "its widths differ from those of " + group->sites.front().address() +
                               ", and one prototype serves both",
                           "Choose sites of one stack");
    group->sites.push_back(site);
}

} // namespace

std::int64_t kept_elements(std::int64_t n, double keep) {
    return n - static_cast<std::int64_t>((1.0 - keep) * static_cast<double>(n));
}

std::vector<std::int64_t> PropetlPlan::masked_sizes(const PrototypeGroup& group) const {
    if (form == PrototypeForm::prefix) return {size * group.out};
    return {group.in * size, size * group.out};
}

ParameterCounts PropetlPlan::counts() const {
    ParameterCounts counts;
    for (const PrototypeGroup& group : groups) {
        const std::vector<std::int64_t> sizes = masked_sizes(group);
        const std::int64_t weights = std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0});
        const std::int64_t biases = form == PrototypeForm::adapter ? size + group.out : 0;
        const std::int64_t prototypes = shared ? 1 : group.layers();
        // A prefix is made by a network: one, whose last map is as wide as all prototypes together.
        counts.trained += form == PrototypeForm::prefix
                              ? size * width + hidden * (width + 1) + prototypes * group.out * (hidden + 1)
                              : prototypes * (weights + biases);
        std::int64_t stored = weights;
        // What no other layer uses and the mask drops is not stored.
        if (masked && !shared)
            stored = std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0},
                                     [&](std::int64_t sum, std::int64_t n) { return sum + kept_elements(n, keep); });
        counts.stored += prototypes * (stored + biases);
        if (!masked) continue;
        const std::int64_t bits = (group.layers() + tasks) * weights;
        counts.trained += bits;
        counts.stored_bits += bits;
    }
    counts.stored_bits += 32 * counts.stored;
    return counts;
}

PropetlPlan propetl_plan(const BackboneConfig& config, const OptionValues& options) {
    PropetlPlan plan;
    const FormWords& words = *std::find_if(std::begin(forms), std::end(forms), [&](const FormWords& candidate) {
        return options.text("form") == candidate.name;
    });
    plan.form = words.form;
    plan.shared = options.text("sharing") != "mask_only";
    plan.masked = options.text("sharing") != "share_only";
    plan.keep = options.real("keep");
    plan.mask_rate = options.real("mask_rate");
    plan.size = options.integer(words.size);
    plan.hidden = options.integer("hidden");
    plan.width = config.width;
    for (const Site& site : match_sites(config, options.text(words.sites))) {
        if (!fits(plan.form, site)) throw config_error(words.sites, site.address(), words.need);
        add_site(plan, words, site);
    }
    return plan;
}

} // namespace diapason
