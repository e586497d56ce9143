
#include "methods/catalog/lora_plan.h"
#include "methods/deltas/lora_delta.h"
#include "methods/init/lora_init.h"
#include "methods/method.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/mm.h>
#include <c10/core/GradMode.h>

#include <cmath>
#include <span>
#include <string>
#include <vector>

namespace diapason {
namespace {

// Takes a start that is part of the weight out of it; the tensor may hold other maps too.
void subtract_start(Linear& linear, const LowRankStart& start, double scale) {
    Parameter& weight = *linear.weight;
    weight.value = weight.floats().clone();
    linear.matrix().sub_(at::mm(start.b, start.a), scale);
}

// One pair of matrices for the parts of a map, which is mostly a single one.
class Builder {
public:
    Builder(const OptionValues& options, Model& model, MethodContext& context)
        : m_options(options),
          m_model(model),
          m_context(context) {}

    void attach(std::span<const LoraTarget> parts) {
        std::vector<Linear*> linears;
        std::vector<at::Tensor> weights;
        std::string name = parts.front().site.address();
        for (const LoraTarget& part : parts) {
            if (part.part > 0) name += part.site.point; // decoder.0.self_attn.qkv
            linears.push_back(&m_model.backbone().linear_at(part.site));
            weights.push_back(linears.back()->floats());
        }
        const at::Tensor weight = weights.size() == 1 ? weights.front() : at::cat(weights);
        LowRank update;
        const auto r = static_cast<double>(parts.front().rank);
        update.scale = parts.front().alpha / (m_options.text("scaling") == "alpha_over_rank" ? r : std::sqrt(r));
        update.dropout = m_options.real("dropout");
        update.parts = std::ssize(parts);
        bool subtract = false;
        const LowRankStart start =
            lora_start(m_options.text("init"), weight, parts.front().rank, update.scale, m_context.generator, subtract);
        if (subtract) {
            update.start_a = start.a.clone();
            update.start_b = start.b.clone();
        }
        update.a = &m_model.deltas().add(name + ".lora_A", start.a);
        update.b = &m_model.deltas().add(name + ".lora_B", start.b);
        update.b->rate = m_options.real("plus_ratio");
        m_model.train({update.a, update.b});
        // ‖W + s B A‖ of the start: the adapted map begins as the map was.
        Parameter* magnitude = nullptr;
        if (m_options.flag("dora"))
            magnitude = lengths(name, subtract ? weight : weight + at::mm(start.b, start.a) * update.scale);
        const std::vector<at::Tensor> b_rows = start.b.chunk(update.parts);
        for (Linear* linear : linears) {
            if (subtract)
                subtract_start(*linear, {start.a, b_rows[static_cast<std::size_t>(update.part)]}, update.scale);
            if (magnitude != nullptr)
                linear->deltas.push_back(std::make_unique<DoraDelta>(update, *magnitude, *linear));
            else
                linear->deltas.push_back(std::make_unique<LoraDelta>(update));
            ++update.part;
        }
    }

private:
    // Of the rows of a map, [out].
    Parameter* lengths(const std::string& name, const at::Tensor& map) {
        Parameter& magnitude =
            m_model.deltas().add(name + ".lora_magnitude", at::linalg_vector_norm(map, 2, at::IntArrayRef{1}));
        m_model.train({&magnitude});
        return &magnitude;
    }

    const OptionValues& m_options;
    Model& m_model;
    MethodContext& m_context;
};

} // namespace

void attach_lora(const OptionValues& options, Model& model, MethodContext& context) {
    const c10::NoGradGuard guard;
    Builder builder(options, model, context);
    const std::vector<LoraTarget> targets = lora_targets(model.config(), options);
    for (std::size_t first = 0; first < targets.size();) {
        const auto count = static_cast<std::size_t>(targets[first].parts);
        builder.attach(std::span(targets).subspan(first, count));
        first += count;
    }
    const TaskShape shape{name_of(model.head_spec().kind), model.head_spec().labels};
    for (const ExpectedTensor& bias : lora_biases(model.config(), shape, options))
        model.train({&model.weights().at(bias.name)});
    model.train_head();
}

} // namespace diapason
