#include "core/base/error.h"
#include "methods/deltas/ia3_delta.h"
#include "methods/interchange/peft/readers.h"

namespace diapason::peft {

void read_ia3(Source& source) {
    source.check_fields(
        {"exclude_modules", "fan_in_fan_out", "feedforward_modules", "init_ia3_weights", "target_modules"}, {});
    for (const TensorEntry& entry : source.file().entries()) {
        std::string path = without_wrapper(entry.name);
        if (!replace_ending(path, ".ia3_l", "")) {
            read_other(source, entry);
            continue;
        }
        const Maps maps = source.maps(path);
        using Shape = std::vector<std::int64_t>;
        const bool output = entry.shape == Shape{maps.out, 1};
        if (!output && entry.shape != Shape{1, maps.in})
            throw source.error("the tensor " + entry.name + " is neither [out, 1] nor [1, in] of a map from " +
                               std::to_string(maps.in) + " to " + std::to_string(maps.out));
        Parameter& vector = source.add(maps.address + (output ? ".ia3_out" : ".ia3_in"), entry);
        for (Linear* linear : maps.linears) {
            if (output)
                linear->deltas.push_back(std::make_unique<OutputScale>(vector, linear->part, linear->parts));
            else
                linear->deltas.push_back(std::make_unique<InputScale>(vector));
        }
    }
}

} // namespace diapason::peft
