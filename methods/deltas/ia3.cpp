
#include "methods/catalog/ia3_plan.h"
#include "methods/deltas/ia3_delta.h"
#include "methods/method.h"

#include <ATen/ops/ones.h>

namespace diapason {

void attach_ia3(const OptionValues& options, Model& model, MethodContext&) {
    for (const Ia3Target& target : ia3_targets(model.config(), options)) {
        const at::Tensor ones = at::ones({target.size()}, at::TensorOptions().dtype(at::kFloat).device(model.device()));
        Parameter& vector = model.deltas().add(target.site.address() + (target.input ? ".ia3_in" : ".ia3_out"), ones);
        auto& deltas = model.backbone().linear_at(target.site).deltas;
        if (target.input)
            deltas.push_back(std::make_unique<InputScale>(vector));
        else
            deltas.push_back(std::make_unique<OutputScale>(vector));
        model.train({&vector});
    }
    model.train_head();
}

} // namespace diapason
