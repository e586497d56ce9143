#include "methods/catalog/budget.h"

#include "core/base/error.h"

#include <algorithm>
#include <cmath>

namespace diapason {

double Budget::of(const ParameterCounts& counts) const {
    switch (measure) {
    case BudgetMeasure::trained:
        return static_cast<double>(counts.trained);
    case BudgetMeasure::stored:
        return static_cast<double>(counts.stored);
    case BudgetMeasure::bytes:
        break;
    }
    return static_cast<double>(counts.stored_bits) / 8;
}

Budget budget_from(const std::string& measure, const std::string& target, const BackboneConfig& config) {
    Budget budget;
    if (measure == "trained")
        budget.measure = BudgetMeasure::trained;
    else if (measure == "stored")
        budget.measure = BudgetMeasure::stored;
    else if (measure == "bytes")
        budget.measure = BudgetMeasure::bytes;
    else
        throw config_error("measure", measure, "must be trained, stored or bytes");
    struct Unit {
        const char* name;
        double factor;
        bool bytes;
    };
    const auto whole = static_cast<double>(config.parameter_count()) * (measure == "bytes" ? 4 : 1);
    const Unit units[] = {{"%", whole / 100, measure == "bytes"},
                          {"", 1, measure == "bytes"},
                          {"k", 1e3, false},
                          {"M", 1e6, false},
                          {"B", 1, true},
                          {"kB", 1e3, true},
                          {"MB", 1e6, true},
                          {"KiB", 1024, true},
                          {"MiB", 1048576, true}};
    std::string text = target;
    std::erase(text, ' ');
    std::size_t used = 0;
    try {
        budget.target = std::stod(text, &used);
    } catch (const std::exception&) {
        used = 0;
    }
    const std::string name = text.substr(used);
    const auto* unit = std::find_if(std::begin(units), std::end(units), [&](const Unit& u) {
        return u.name == name && u.bytes == (budget.measure == BudgetMeasure::bytes);
    });
    if (used == 0 || unit == std::end(units) || !(budget.target > 0) || !std::isfinite(budget.target * unit->factor))
        throw config_error("target", target, "is not a budget",
                           budget.measure == BudgetMeasure::bytes ? "For example 1%, 300 kB or 1.5 MiB"
                                                                  : "For example 1%, 300000 or 300k");
    budget.target *= unit->factor;
    return budget;
}

std::optional<BudgetAnswer> solve_budget(const MethodInfo& method, const BackboneConfig& config, const TaskShape& task,
                                         const OptionValues& options, const Budget& budget) {
    if (method.size_option.empty()) return {};
    const OptionDescriptor& size = option_of(method, method.size_option);
    const auto answer_at = [&](std::int64_t value) -> std::optional<BudgetAnswer> {
        Json values = options.json();
        values[method.size_option] = value;
        std::vector<Problem> problems;
        const OptionValues tried = OptionValues::from_json(method.options, values, method.id, problems);
        try {
            if (!method.refusal(config, task, tried).empty()) return {};
            BudgetAnswer answer{method.size_option, value, method.count(config, task, tried), 0};
            answer.mismatch = budget.of(answer.counts) / budget.target - 1;
            return answer;
        } catch (const Error&) { // a size that this backbone's shapes do not allow
            return {};
        }
    };
    // Some methods allow multiples only (Compacter's n): the next value that can be, upwards or downwards.
    const auto first = static_cast<std::int64_t>(*size.minimum), last = static_cast<std::int64_t>(*size.maximum);
    const auto possible = [&](std::int64_t value, std::int64_t step) {
        constexpr int patience = 256;
        std::optional<BudgetAnswer> found;
        for (int i = 0; i < patience && !found && value >= first && value <= last; ++i, value += step)
            found = answer_at(value);
        return found;
    };
    // Counts grow with the size: the largest one that is not too much, and the one after it.
    std::optional<BudgetAnswer> below, above;
    std::int64_t low = first, high = last;
    while (low <= high) {
        const std::int64_t middle = low + (high - low) / 2;
        const auto tried = possible(middle, -1);
        if (!tried) { // nothing near and below: too large for the backbone, or below the least
            const auto next = possible(middle, 1);
            if (!next || next->mismatch > 0) {
                if (next) above = next;
                high = middle - 1;
            } else {
                below = next;
                low = next->value + 1;
            }
        } else if (tried->mismatch <= 0) {
            below = tried;
            low = middle + 1;
        } else {
            above = tried;
            high = tried->value - 1;
        }
    }
    if (!below) return above;
    if (const auto next = possible(below->value + 1, 1); next && next->mismatch < -below->mismatch) return next;
    return below;
}

} // namespace diapason
