// Methods on tiny models: attached with given options, and moved away from their start.
#pragma once

#include "methods/catalog/method_info.h"
#include "methods/method.h"
#include "tests/support/tiny_models.h"

#include <cstdint>
#include <string>
#include <vector>

namespace diapason::testing {

inline void attach(Model& model, const std::string& method, const Json& given, std::uint64_t seed = 11) {
    std::vector<Problem> problems;
    const OptionValues options = OptionValues::from_json(method_info(method).options, given, method, problems);
    throw_if_any(problems, "test");
    MethodContext context{nullptr, {}, generator(seed)};
    attach_method(method, options, model, context);
}

/// Away from the start, where most methods change nothing.
inline void shake(Model& model) {
    const c10::NoGradGuard guard;
    std::uint64_t seed = 70;
    for (Parameter* parameter : model.trainable())
        parameter->value.add_(at::randn(parameter->value.sizes(), generator(++seed)), 0.2);
}

} // namespace diapason::testing
