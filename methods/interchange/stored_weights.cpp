#include "methods/interchange/stored_weights.h"

#include "core/base/error.h"

namespace diapason {

Parameter& replace_weight(Model& model, const std::string& name, const at::Tensor& value, const std::string& origin) {
    std::string canonical = family_of(model.config()).canonical(name).name;
    for (const auto& [module, linear] : model.head().linears()) { // a tied output is another tensor's
        if (name == module + ".weight") canonical = linear->weight->name;
    }
    for (const auto& item : model.weights().all()) {
        if (item->name != name && item->file_name != name && item->name != canonical) continue;
        if (item->value.sizes() != value.sizes())
            throw input_error(origin, "the tensor " + name + " has a different shape from the model's " + item->name);
        item->value = value.to(item->value.device());
        return *item;
    }
    throw input_error(origin, "the tensor " + name + " belongs to no module of this backbone and head");
}

} // namespace diapason
