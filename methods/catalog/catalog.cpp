#include "core/base/error.h"
#include "methods/catalog/method_info.h"
#include "methods/full_tuning.h"
#include "methods/head_only.h"
#include "methods/lora.h"
#include "methods/prompt_tuning.h"

namespace diapason {

const std::vector<MethodInfo>& method_catalog() {
    static const std::vector<MethodInfo> catalog = {
#define DIAPASON_METHOD(name) name##_info(),
#include "methods/methods.def"
#undef DIAPASON_METHOD
    };
    return catalog;
}

const MethodInfo& method_info(const std::string& id) {
    std::vector<std::string> names;
    for (const MethodInfo& method : method_catalog()) {
        if (method.id == id) return method;
        names.push_back(method.id);
    }
    const std::string near = nearest_name(id, names);
    throw config_error("method", id, "there is no such method", near.empty() ? "" : "Did you mean " + near + "?");
}

std::int64_t head_parameter_count(const BackboneConfig& config, const TaskShape& task) {
    if (task.head != "sequence_classification") return 0; // a language-model head belongs to the backbone
    if (config.causal) return task.classes * config.width;
    // The tanh pooler is made with the head when the backbone brings none.
    const std::int64_t pooler = config.stored_pooler ? 0 : config.width * config.width + config.width;
    return pooler + task.classes * (config.width + 1);
}

} // namespace diapason
