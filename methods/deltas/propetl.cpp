
#include "core/base/error.h"
#include "methods/catalog/propetl_plan.h"
#include "methods/deltas/adapter/adapter_init.h"
#include "methods/deltas/adapter/bottleneck.h"
#include "methods/deltas/adapter/masked_low_rank.h"
#include "methods/deltas/prefix_network.h"
#include "methods/deltas/propetl_tasks.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/masked_select.h>
#include <ATen/ops/zeros.h>

#include <cmath>
#include <set>

namespace diapason {
namespace {

/// A trained tensor of a prototype, and what its masks begin with.
struct Prototype {
    Parameter* parameter = nullptr;
    double score_bound = 0;      ///< scores are drawn from U(±bound)
    TaskScores* tasks = nullptr; ///< null = one task
};

class Builder {
public:
    Builder(const PropetlPlan& plan, const OptionValues& options, Model& model, MethodContext& context)
        : m_plan(plan),
          m_options(options),
          m_model(model),
          m_draw(model, context.generator) {
        if (plan.tasks == 0) return;
        auto masks = std::make_unique<TaskMasks>();
        m_tasks = masks.get();
        model.add_module(std::move(masks));
    }

    void attach() {
        for (const PrototypeGroup& group : m_plan.groups) {
            if (m_plan.form == PrototypeForm::adapter) attach_adapters(group);
            if (m_plan.form == PrototypeForm::lora) attach_updates(group);
            if (m_plan.form == PrototypeForm::prefix) attach_prefixes(group);
        }
    }
    TaskMasks* tasks() const { return m_tasks; }

private:
    // Kaiming's uniform with a = √5 on the masks as the authors' code lays them out: those of adapters are the
    // transposes of the weights.
    static double bound(std::int64_t fan_in) { return 1 / std::sqrt(static_cast<double>(fan_in)); }

    // Names of a prototype's tensors: those of the group, or of the layer where nothing is shared.
    std::string home(const PrototypeGroup& group, const Site& site) const {
        return m_plan.shared ? group.address() : site.address();
    }

    template <class Make>
    void for_layers(const PrototypeGroup& group, const Make& make) {
        bool first = true;
        for (const Site& site : group.sites) {
            make(site, first || !m_plan.shared);
            first = false;
        }
    }

    void attach_adapters(const PrototypeGroup& group) {
        Prototype down, up;
        Parameter *down_bias = nullptr, *up_bias = nullptr;
        for_layers(group, [&](const Site& site, bool fresh) {
            if (fresh) {
                const std::string name = home(group, site), &init = m_options.text("init");
                down = prototype(draw_adapter_weight(m_draw, init, false, name + ".down.weight", group.in, m_plan.size),
                                 bound(m_plan.size), name + ".down");
                up = prototype(draw_adapter_weight(m_draw, init, true, name + ".up.weight", m_plan.size, group.out),
                               bound(group.out), name + ".up");
                down_bias = m_draw.constant(name + ".down.bias", {m_plan.size}, 0);
                up_bias = m_draw.constant(name + ".up.bias", {group.out}, 0);
            }
            Bottleneck form;
            form.activation = delta_activation(m_options.text("activation"));
            form.down = std::make_unique<DenseMap>(layer_of(down, site.address() + ".down"), down_bias);
            form.up = std::make_unique<DenseMap>(layer_of(up, site.address() + ".up"), up_bias);
            m_model.backbone().block_at(site).deltas.push_back(std::make_unique<BlockAdapter>(
                std::move(form), AdapterPlace{AdapterInput::sum, AdapterBase::output, false, false}));
        });
    }

    void attach_updates(const PrototypeGroup& group) {
        const double scale = m_options.real("alpha") / static_cast<double>(m_plan.size);
        Prototype a, b;
        for_layers(group, [&](const Site& site, bool fresh) {
            if (fresh) {
                const std::string name = home(group, site);
                a = prototype(m_draw.uniform(name + ".lora_A", {m_plan.size, group.in}, bound(group.in)),
                              bound(group.in), name + ".lora_A");
                b = prototype(m_draw.constant(name + ".lora_B", {group.out, m_plan.size}, 0), bound(m_plan.size),
                              name + ".lora_B");
            }
            m_model.backbone().linear_at(site).deltas.push_back(std::make_unique<MaskedLowRank>(
                layer_of(a, site.address() + ".lora_A"), layer_of(b, site.address() + ".lora_B"), scale,
                m_options.real("dropout")));
        });
    }

    // One network gives the rows of the prototype, or side by side those of every layer.
    void attach_prefixes(const PrototypeGroup& group) {
        const std::int64_t slices = m_plan.shared ? 1 : group.layers();
        auto network = make_prefix_network(m_draw, home(group, group.sites.front()),
                                           {m_plan.size, m_plan.width, m_plan.hidden, slices, group.out});
        ReparametrisedPrefixTable& table = *network;
        if (m_plan.shared) m_model.add_stored_form(stored_table(group.address(), table));
        TaskScores* tasks = nullptr;
        const std::vector<std::int64_t> shape = {m_plan.size, group.out};
        const double score_bound = bound(m_plan.size * group.out);
        if (m_tasks != nullptr) tasks = &task_scores(group.address(), shape, score_bound);
        std::int64_t slice = 0;
        std::set<std::string> moved; // positions, once a stack
        for (const Site& site : group.sites) {
            DeltaTensor mask;
            if (m_plan.masked) mask = masked_by(site.address(), shape, score_bound, tasks);
            auto prefix = std::make_unique<MaskedPrefix>(table, mask, slice);
            if (!m_plan.shared) {
                store_rows(site.address(), table, mask, *prefix);
                ++slice;
            }
            m_model.backbone().attention_at(site).prefixes.push_back(std::move(prefix));
            if (site.sublayer != "self_attn" || !moved.insert(site.stack).second) continue;
            if (m_options.text("position_shift") == "by_length")
                m_model.backbone().shift_positions(site.stack, m_plan.size);
            m_model.backbone().stack(site.stack).prefix_biased = m_options.text("relative_bias") == "extended";
        }
        m_model.add_module(std::move(network));
    }

    Prototype prototype(Parameter* parameter, double score_bound, const std::string& name) {
        Prototype result{parameter, score_bound, nullptr};
        if (m_tasks != nullptr) result.tasks = &task_scores(name, parameter->value.sizes().vec(), score_bound);
        return result;
    }

    TaskScores& task_scores(const std::string& name, const std::vector<std::int64_t>& shape, double score_bound) {
        TaskScores& tasks = m_tasks->add(m_plan.rule);
        for (std::int64_t t = 0; t < m_plan.tasks; ++t)
            tasks.scores.push_back(scores(name + ".task" + std::to_string(t), shape, score_bound));
        return tasks;
    }

    // The prototype as one layer uses it.
    DeltaTensor layer_of(const Prototype& prototype, const std::string& name) {
        if (!m_plan.masked) return {prototype.parameter};
        DeltaTensor tensor =
            masked_by(name, prototype.parameter->value.sizes().vec(), prototype.score_bound, prototype.tasks);
        tensor.parameter = prototype.parameter;
        if (!m_plan.shared) store_kept(*prototype.parameter, tensor);
        return tensor;
    }

    DeltaTensor masked_by(const std::string& name, const std::vector<std::int64_t>& shape, double score_bound,
                          const TaskScores* tasks) {
        DeltaTensor tensor;
        tensor.scores = scores(name, shape, score_bound);
        tensor.keep = m_plan.keep;
        tensor.tasks = tasks;
        return tensor;
    }

    // Scores for training, of which a mask is stored: the mask of a mask, read as scores, is the mask itself.
    Parameter* scores(const std::string& name, const std::vector<std::int64_t>& shape, double score_bound) {
        Parameter* parameter = m_draw.uniform(name + ".score", shape, score_bound);
        parameter->rate = m_plan.mask_rate;
        StoredForm mask{name + ".mask", {parameter}, {}, {}};
        mask.value = [parameter, keep = m_plan.keep] { return kept_mask(parameter->value, keep).to(at::kBool); };
        mask.restore = [parameter](const at::Tensor& value) { parameter->value.copy_(value); };
        m_model.add_stored_form(std::move(mask));
        return parameter;
    }

    static at::Tensor mask_of(const DeltaTensor& tensor) {
        return kept_mask(tensor.scores->value, tensor.keep).to(at::kBool);
    }

    // What a mask drops of a tensor that no other layer uses is not stored.
    void store_kept(Parameter& parameter, const DeltaTensor& tensor) {
        StoredForm kept{parameter.name + ".kept", {&parameter}, {}, {}};
        kept.value = [&parameter, tensor] { return at::masked_select(parameter.value, mask_of(tensor)); };
        kept.restore = [&parameter, tensor](const at::Tensor& value) {
            parameter.value.zero_().masked_scatter_(mask_of(tensor), value);
        };
        m_model.add_stored_form(std::move(kept));
    }

    void store_rows(const std::string& name, ReparametrisedPrefixTable& table, const DeltaTensor& tensor,
                    MaskedPrefix& prefix) {
        StoredForm kept{name + ".kept", table.parameters(), {}, {}};
        kept.value = [&table, &prefix, tensor] {
            table.prepare(); // its slices are those of the last pass
            return at::masked_select(prefix.joined(), mask_of(tensor));
        };
        kept.restore = [&prefix, tensor](const at::Tensor& value) {
            const at::Tensor where = mask_of(tensor);
            prefix.fix(at::zeros(where.sizes(), value.options()).masked_scatter_(where, value));
        };
        m_model.add_stored_form(std::move(kept));
    }

    const PropetlPlan& m_plan;
    const OptionValues& m_options;
    Model& m_model;
    RandomTensors m_draw;
    TaskMasks* m_tasks = nullptr;
};

} // namespace

void attach_propetl(const OptionValues& options, Model& model, MethodContext& context) {
    const PropetlPlan plan = propetl_plan(model.config(), options);
    Builder(plan, options, model, context).attach();
    model.train_head();
}

TaskMasks& attach_propetl_tasks(const OptionValues& options, std::int64_t tasks, MaskRule rule, Model& model,
                                MethodContext& context) {
    PropetlPlan plan = propetl_plan(model.config(), options);
    if (!plan.shared || !plan.masked)
        throw config_error("sharing", options.text("sharing"), "tasks are distinguished by masks of a shared prototype",
                           "Choose share_and_mask");
    plan.tasks = tasks;
    plan.rule = rule;
    Builder builder(plan, options, model, context);
    builder.attach();
    model.train_head();
    return *builder.tasks();
}

} // namespace diapason
