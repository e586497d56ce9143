
#include "methods/method.h"

namespace diapason {

void attach_full_tuning(const OptionValues&, Model& model, MethodContext&) {
    std::vector<Parameter*> all;
    for (const auto& parameter : model.weights().all())
        all.push_back(parameter.get());
    model.train(all);
}

} // namespace diapason
