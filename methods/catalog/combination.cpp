#include "methods/catalog/method_info.h"

#include <algorithm>

namespace diapason {

OptionValues options_of_part(const MethodPart& part, const OptionValues& options) {
    return checked_options(method_info(part.method), part.options(options), part.method);
}

std::string other_start(const MethodInfo& info, const OptionValues& options) {
    return info.other_start ? info.other_start(options) : std::string();
}

AskingOptions asking_options(const MethodInfo& info, const OptionValues& options) {
    return info.asking ? info.asking(options) : AskingOptions();
}

MethodCost cost_of(const MethodInfo& info, const BackboneConfig& config, const OptionValues& options) {
    return info.cost ? info.cost(config, options) : MethodCost();
}

void describe_parts(MethodInfo& info) {
    const std::vector<MethodPart> parts = info.parts;
    info.count = [parts](const BackboneConfig& config, const TaskShape& task, const OptionValues& options) {
        ParameterCounts sum;
        for (const MethodPart& part : parts) {
            const ParameterCounts counts = method_info(part.method).count(config, task, options_of_part(part, options));
            sum.trained += counts.trained;
            sum.stored += counts.stored;
            sum.stored_bits += counts.stored_bits;
            sum.head = counts.head;
        }
        return sum;
    };
    info.cost = [parts](const BackboneConfig& config, const OptionValues& options) {
        MethodCost sum{0, 1, 0};
        for (const MethodPart& part : parts) {
            const MethodCost cost = cost_of(method_info(part.method), config, options_of_part(part, options));
            sum.extra_tokens += cost.extra_tokens;
            sum.members *= cost.members;
            sum.depth = std::max(sum.depth, cost.depth);
            sum.positions += cost.positions;
        }
        return sum;
    };
    info.drawing = [parts](const BackboneConfig& config, const OptionValues& options) {
        std::vector<DeltaDrawing> drawings;
        for (const MethodPart& part : parts) {
            for (DeltaDrawing& drawing : method_info(part.method).drawing(config, options_of_part(part, options)))
                drawings.push_back(std::move(drawing));
        }
        return drawings;
    };
    info.other_start = [parts](const OptionValues& options) {
        for (const MethodPart& part : parts) {
            std::string reason = other_start(method_info(part.method), options_of_part(part, options));
            if (!reason.empty()) return reason;
        }
        return std::string();
    };
    info.refusal = [parts](const BackboneConfig& config, const TaskShape& task, const OptionValues& options) {
        for (const MethodPart& part : parts) {
            std::string reason = method_info(part.method).refusal(config, task, options_of_part(part, options));
            if (!reason.empty()) return reason;
        }
        return std::string();
    };
}

} // namespace diapason
