#include "core/base/error.h"
#include "methods/method.h"

namespace diapason {

void attach_method(const std::string& id, const OptionValues& options, Model& model, MethodContext& context) {
#define DIAPASON_METHOD(name)                                                                                          \
    if (id == #name) return attach_##name(options, model, context);
#include "methods/methods.def"
#undef DIAPASON_METHOD
    throw config_error("method", id, "there is no such method");
}

} // namespace diapason
