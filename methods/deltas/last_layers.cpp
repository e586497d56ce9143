
#include "methods/catalog/partial_plan.h"
#include "methods/method.h"

namespace diapason {

void attach_last_layers(const OptionValues& options, Model& model, MethodContext&) {
    for (const ExpectedTensor& tensor : last_layer_tensors(model.config(), options.integer("layers")))
        model.train({&model.weights().at(tensor.name)});
    model.train_head();
}

} // namespace diapason
