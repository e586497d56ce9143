#include "core/base/error.h"
#include "methods/catalog/method_info.h"
#include "methods/method.h"

namespace diapason {

void attach_method(const std::string& id, const OptionValues& options, Model& model, MethodContext& context) {
#define DIAPASON_METHOD(name)                                                                                          \
    if (id == #name) return attach_##name(options, model, context);
#include "methods/methods.def"
    throw config_error("method", id, "there is no such method");
}

void attach_parts(const std::string& id, const OptionValues& options, Model& model, MethodContext& context) {
    for (const MethodPart& part : method_info(id).parts)
        attach_method(part.method, options_of_part(part, options), model, context);
}

} // namespace diapason
