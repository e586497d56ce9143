#include "methods/deltas/ia3_delta.h"
#include "methods/interchange/peft/readers.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>

namespace diapason::peft {

bool write_ia3(Sink& sink) {
    const std::vector<Module> modules = modules_with_deltas(sink.model());
    Json targets = Json::array(), inner = Json::array();
    for (const Module& module : modules) {
        const at::Tensor matrix = module.linears.front()->matrix();
        const std::int64_t out = matrix.size(0);
        at::Tensor output = at::ones({out * static_cast<std::int64_t>(module.linears.size())},
                                     matrix.options().dtype(at::kFloat).requires_grad(false));
        at::Tensor input;
        bool any_output = false;
        for (std::size_t i = 0; i < module.linears.size(); ++i) {
            at::Tensor own_input;
            for (const auto& delta : module.linears[i]->deltas) {
                if (const auto* scale = dynamic_cast<const OutputScale*>(delta.get())) {
                    output.narrow(0, static_cast<std::int64_t>(i) * out, out).mul_(scale->own());
                    any_output = true;
                } else if (const auto* inside = dynamic_cast<const InputScale*>(delta.get())) {
                    const at::Tensor vector = inside->vector().value.view({-1});
                    own_input = own_input.defined() ? own_input * vector : vector;
                } else {
                    if (module.name == modules.front().name && targets.empty()) return false;
                    throw config_error("deltas", module.name, "the PEFT layout allows only one kind of delta");
                }
            }
            const bool same =
                i == 0 || (own_input.defined() == input.defined() && (!input.defined() || at::equal(own_input, input)));
            if (!same)
                throw config_error("deltas", module.name,
                                   "the parts of a fused map cannot read differently scaled inputs");
            input = own_input;
        }
        if (any_output && input.defined())
            throw config_error("deltas", module.name, "the PEFT layout allows only one IA3 vector on each map");
        const std::string path = sink.path(module.name);
        targets.push_back(path);
        if (input.defined()) inner.push_back(path);
        sink.add("base_model.model." + path + ".ia3_l", input.defined() ? input.unsqueeze(0) : output.unsqueeze(1));
    }
    if (targets.empty()) return false;
    Json& config = sink.config();
    config["peft_type"] = "IA3";
    config["target_modules"] = targets;
    config["feedforward_modules"] = inner;
    config["fan_in_fan_out"] = modules.front().linears.front()->input_major;
    config["init_ia3_weights"] = true;
    sink.add_saved_modules("base_model.model.");
    return true;
}

} // namespace diapason::peft
