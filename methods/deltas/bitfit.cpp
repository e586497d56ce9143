
#include "methods/catalog/partial_plan.h"
#include "methods/method.h"

namespace diapason {

void attach_bitfit(const OptionValues&, Model& model, MethodContext&) {
    const TaskShape shape{name_of(model.head_spec().kind), model.head_spec().labels};
    for (const ExpectedTensor& tensor : bias_tensors(model.config(), shape))
        model.train({&model.weights().at(tensor.name)});
    model.train_head();
}

} // namespace diapason
