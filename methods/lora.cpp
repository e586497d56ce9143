#include "methods/lora.h"

#include "methods/catalog/lora_plan.h"
#include "methods/init/lora_init.h"
#include "methods/lora_delta.h"
#include "methods/method.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/mm.h>
#include <c10/core/GradMode.h>

#include <cmath>

namespace diapason {
namespace {

// Takes a start that is part of the weight out of it; the tensor may hold other maps too.
void subtract_start(Linear& linear, const LowRankStart& start, double scale) {
    Parameter& weight = *linear.weight;
    weight.value = weight.floats().clone();
    linear.matrix().sub_(at::mm(start.b, start.a), scale);
}

} // namespace

void attach_lora(const OptionValues& options, Model& model, MethodContext& context) {
    const c10::NoGradGuard guard;
    for (const LoraTarget& target : lora_targets(model.config(), options)) {
        const Site& site = target.site;
        Linear& linear = model.backbone().linear_at(site);
        const auto r = static_cast<double>(target.rank);
        LowRank update;
        update.scale = target.alpha / (options.text("scaling") == "alpha_over_rank" ? r : std::sqrt(r));
        update.dropout = options.real("dropout");
        bool subtract = false;
        const LowRankStart start =
            lora_start(options.text("init"), linear.floats(), target.rank, update.scale, context.generator, subtract);
        if (subtract) {
            subtract_start(linear, start, update.scale);
            update.start_a = start.a.clone();
            update.start_b = start.b.clone();
        }
        update.a = &model.deltas().add(site.address() + ".lora_A", start.a);
        update.b = &model.deltas().add(site.address() + ".lora_B", start.b);
        update.b->rate = options.real("plus_ratio");
        model.train({update.a, update.b});
        if (options.flag("dora")) {
            // ‖W + s B A‖ of the start: the adapted map begins as the map was.
            const at::Tensor changed = linear.floats() + at::mm(start.b, start.a) * update.scale;
            Parameter& magnitude = model.deltas().add(site.address() + ".lora_magnitude",
                                                      at::linalg_vector_norm(changed, 2, at::IntArrayRef{1}));
            linear.deltas.push_back(std::make_unique<DoraDelta>(update, magnitude, linear));
            model.train({&magnitude});
        } else {
            linear.deltas.push_back(std::make_unique<LoraDelta>(update));
        }
    }
    const TaskShape shape{name_of(model.head_spec().kind), model.head_spec().labels};
    for (const ExpectedTensor& bias : lora_biases(model.config(), shape, options))
        model.train({&model.weights().at(bias.name)});
    model.train_head();
}

} // namespace diapason
