#include "experiments/study/run_spec.h"

#include "core/base/error.h"
#include "core/base/options.h"
#include "core/base/sha256.h"
#include "core/base/training_options.h"
#include "methods/catalog/method_info.h"

#include <nlohmann/json.hpp>

namespace diapason {

Json to_json(const RunSpec& spec) {
    return {{"backbone", spec.backbone},
            {"task", spec.task},
            {"method", spec.method},
            {"method_options", spec.method_options},
            {"training_options", spec.training_options},
            {"seed", spec.seed},
            {"threads", spec.threads},
            {"device", spec.device}};
}

RunSpec run_spec_from_json(const Json& document, const std::string& origin) {
    RunSpec spec;
    try {
        spec.backbone = document.at("backbone").get<std::string>();
        spec.task = document.at("task").get<std::string>();
        spec.method = document.at("method").get<std::string>();
        spec.seed = document.at("seed").get<std::uint64_t>();
        spec.threads = document.value("threads", 1);
        spec.device = document.value("device", std::string("cpu"));
    } catch (const Json::exception& error) {
        throw config_error(origin, {}, std::string("is not a run specification: ") + error.what());
    }
    std::vector<Problem> problems;
    spec.method_options = OptionValues::from_json(method_info(spec.method).options,
                                                  document.value("method_options", Json()), "method_options", problems)
                              .json();
    spec.training_options = OptionValues::from_json(training_options(), document.value("training_options", Json()),
                                                    "training_options", problems)
                                .json();
    if (spec.threads < 1 || spec.threads > 1024)
        problems.push_back({"threads", std::to_string(spec.threads), "must be a whole number from 1 to 1024", {}});
    throw_if_any(problems, origin);
    return spec;
}

std::string fingerprint(const RunSpec& spec) {
    // nlohmann's unordered type sorts its keys: one text for one meaning.
    return sha256_hex(nlohmann::json::parse(to_json(spec).dump()).dump());
}

} // namespace diapason
