#include "methods/catalog/lora_plan.h"

#include "core/base/error.h"
#include "methods/catalog/partial_plan.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <sstream>

namespace diapason {
namespace {

// "address=number" items separated by spaces or semicolons: calls set(site, number) for every site of each, in order.
template <class Set>
void for_pattern(const BackboneConfig& config, const OptionValues& options, const char* option, double minimum,
                 const Set& set) {
    std::string text = options.text(option);
    std::replace(text.begin(), text.end(), ';', ' ');
    std::istringstream items(text);
    for (std::string item; items >> item;) {
        const auto equals = item.rfind('=');
        double value = 0;
        const char* end = item.data() + item.size();
        const bool good = equals != std::string::npos && equals > 0 &&
                          std::from_chars(item.data() + equals + 1, end, value).ptr == end && value >= minimum &&
                          value <= 100000;
        if (!good)
            throw config_error(option, item, "an entry must be an address, = and a number",
                               "For example fc1=16 or encoder.0.self_attn.q=4");
        for (const Site& site : match_sites(config, item.substr(0, equals)))
            set(site, value);
    }
}

} // namespace

std::vector<LoraTarget> linear_targets(const BackboneConfig& config, const std::string& pattern, std::int64_t rank,
                                       double alpha, const std::string& method) {
    std::vector<LoraTarget> targets;
    for (const Site& site : match_sites(config, pattern)) {
        if (!site.is_linear())
            throw config_error("targets", site.address(), method + " needs a linear map",
                               "Choose from q, k, v, o, fc1, fc2, gate, or linear for all of them");
        targets.push_back({site, rank, alpha});
    }
    return targets;
}

// Parts of one module share a pair: all of them, with one rank and one alpha.
void join_parts(const BackboneConfig& config, std::vector<LoraTarget>& targets) {
    std::map<std::string, std::vector<Site>> modules;
    for (const Site& site : match_sites(config, "linear"))
        modules[module_of(config, site).name].push_back(site);
    for (std::size_t first = 0; first < targets.size();) {
        const std::vector<Site>& parts = modules.at(module_of(config, targets[first].site).name);
        const LoraTarget& lead = targets[first];
        for (std::size_t i = 0; i < parts.size(); ++i) {
            const std::size_t at = first + i;
            if (at >= targets.size() || !(targets[at].site == parts[i]))
                throw config_error("fused", "whole",
                                   lead.site.address() + " is one of " + std::to_string(parts.size()) +
                                       " parts of a map, and not all of them are targets",
                                   "Name all of them, for example q,k,v, or choose fused parts");
            if (targets[at].rank != lead.rank || targets[at].alpha != lead.alpha)
                throw config_error("fused", "whole", "parts of one map have different ranks or alphas",
                                   "Give all of them the same, or choose fused parts");
            targets[at].part = static_cast<std::int64_t>(i);
            targets[at].parts = static_cast<std::int64_t>(parts.size());
        }
        first += parts.size();
    }
}

std::vector<LoraTarget> lora_targets(const BackboneConfig& config, const OptionValues& options) {
    std::vector<LoraTarget> targets =
        linear_targets(config, options.text("targets"), options.integer("rank"), options.real("alpha"), "LoRA");
    const auto with = [&](const Site& site, const auto& change) {
        for (LoraTarget& target : targets) {
            if (target.site == site) change(target);
        }
    };
    for_pattern(config, options, "rank_pattern", 1, [&](const Site& site, double value) {
        with(site, [&](LoraTarget& target) { target.rank = static_cast<std::int64_t>(value); });
    });
    for_pattern(config, options, "alpha_pattern", 0,
                [&](const Site& site, double value) { with(site, [&](LoraTarget& target) { target.alpha = value; }); });
    if (options.text("fused") == "whole") join_parts(config, targets);
    return targets;
}

std::vector<ExpectedTensor> lora_biases(const BackboneConfig& config, const TaskShape& task,
                                        const OptionValues& options) {
    const std::string& mode = options.text("bias");
    if (mode == "none") return {};
    std::vector<ExpectedTensor> biases = bias_tensors(config, task);
    if (mode == "all") return biases;
    std::vector<std::string> wanted;
    for (const LoraTarget& target : lora_targets(config, options))
        wanted.push_back(module_of(config, target.site).name + ".bias");
    std::erase_if(biases, [&](const ExpectedTensor& tensor) {
        return std::find(wanted.begin(), wanted.end(), tensor.name) == wanted.end();
    });
    return biases;
}

} // namespace diapason
