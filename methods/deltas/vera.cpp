#include "methods/catalog/vera_plan.h"
#include "methods/deltas/vera_delta.h"
#include "methods/init/random_tensors.h"
#include "methods/method.h"

namespace diapason {

void attach_vera(const OptionValues& options, Model& model, MethodContext& context) {
    const std::vector<LoraTarget> targets = vera_targets(model.config(), options);
    const VeraShape shape = vera_shape(targets);
    const VeraProjections drawn = vera_projections(shape.rank, shape.in, shape.out, context.generator);
    VectorUpdate update;
    update.a = &model.deltas().add("vera_A", drawn.a.to(model.device()));
    update.b = &model.deltas().add("vera_B", drawn.b.to(model.device()));
    update.dropout = options.real("dropout");
    if (options.flag("save_projection")) {
        for (Parameter* projection : {update.a, update.b})
            model.add_stored_form({projection->name,
                                   {},
                                   [projection] { return projection->value; },
                                   [projection](const at::Tensor& value) { projection->value = value; }});
    }
    RandomTensors make(model, context.generator);
    for (std::size_t i = 0; i < targets.size(); ++i) {
        const LoraTarget& target = targets[i];
        if (target.part == 0) {
            std::string name = target.site.address();
            for (std::int64_t part = 1; part < target.parts; ++part)
                name += targets[i + static_cast<std::size_t>(part)].site.point; // decoder.0.self_attn.qkv
            update.lambda_d = make.constant(name + ".vera_lambda_d", {target.rank}, options.real("d_initial"));
            update.lambda_b = make.constant(name + ".vera_lambda_b", {target.site.out * target.parts}, 0);
        }
        update.in = target.site.in;
        update.part = target.part;
        update.parts = target.parts;
        model.backbone().linear_at(target.site).deltas.push_back(std::make_unique<VeraDelta>(update));
    }
    model.train_head();
}

} // namespace diapason
