// Cases of the kinds forward and train: hidden states, logits, loss, gradients, merged weights, training losses.

#include "core/base/error.h"
#include "core/model/model.h"
#include "core/train/trainer.h"
#include "experiments/engine/verify/parity_case.h"
#include "experiments/engine/verify/verify_ensemble.h"
#include "experiments/engine/verify/verify_kinds.h"
#include "methods/interchange/adapterhub/adapterhub_folder.h"
#include "methods/interchange/delta_folder/delta_folder.h"
#include "methods/interchange/peft/peft_folder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/stack.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <map>
#include <optional>

namespace diapason {
namespace fs = std::filesystem;
namespace {

struct Format {
    const char* name;
    StoredAdapter (*read)(const fs::path&, Model&);
};
constexpr Format formats[] = {
    {"peft", read_peft_folder}, {"adapterhub", read_adapterhub_folder}, {"delta", read_delta_folder}};

// A case at work: the model with its adapter, and how names of the case's file lead to parameters.
class Trial {
public:
    Trial(const ParityCase& parity, at::Device device, VerifyReport& report)
        : m_case(parity),
          m_report(report),
          m_device(device) {
        const BackboneConfig config = read_backbone_config(parity.backbone);
        HeadSpec head{parity.head, 0};
        if (parity.head == HeadKind::sequence_classification || parity.head == HeadKind::token_classification) {
            head.labels = config.labels > 0 ? config.labels : parity.tensor("expected.logits").size(-1);
            if (config.problem_type == "multi_label_classification") head.form = LabelForm::several;
            if (config.problem_type == "regression") head.form = LabelForm::numbers;
        }
        m_model = Model::load(parity.backbone, head, device);
        const auto adapter = parity.document.find("adapter");
        if (adapter != parity.document.end() && !adapter->is_null()) {
            const std::string format = adapter->value("format", "");
            const auto* known = std::find_if(std::begin(formats), std::end(formats),
                                             [&](const Format& candidate) { return format == candidate.name; });
            if (known == std::end(formats))
                throw input_error((parity.folder / "case.json").string(),
                                  "unsupported: adapters in the format " + format);
            m_adapter =
                known->read(parity.folder / adapter->value("path", format == "delta" ? "delta" : "adapter"), *m_model);
        }
        m_inputs = pack_inputs(parity, config, device, m_model->prompt() != nullptr && !m_model->prompt()->in_slots(),
                               !m_adapter.without_types);
    }

    void forward() {
        for (const std::string& warning : m_adapter.warnings)
            m_report.note(warning);
        const ForwardState state;
        const HiddenStates hidden = m_model->hidden(m_inputs.batch, state, true);
        compare_hidden("hidden", hidden, m_inputs.places);
        compare_hidden("encoder_hidden", hidden.encoder, m_inputs.places);
        compare_hidden("decoder_hidden", hidden, m_inputs.target_places);
        if (m_case.has("expected.pooled")) {
            m_report.compare("pooled", m_model->head().pooled(m_model->read_from(hidden, m_inputs.batch), state),
                             m_case.tensor("expected.pooled"), m_case.tolerance("pooled"), m_case.floor("pooled"));
        }
        if (m_case.has("expected.logits")) {
            const at::Tensor logits = m_model->logits_of(m_model->read_from(hidden, m_inputs.batch, Rows::all), state);
            if (m_case.head == HeadKind::sequence_classification) {
                m_report.compare("logits", logits, m_case.tensor("expected.logits"), m_case.tolerance("logits"),
                                 m_case.floor("logits"));
            } else {
                compare_rows("logits", "logits", logits, hidden,
                             m_inputs.batch.has_target() ? m_inputs.target_places : m_inputs.places);
            }
        }
        if (m_case.has("expected.loss"))
            m_report.compare("loss", loss(), m_case.tensor("expected.loss"), m_case.tolerance("loss"),
                             m_case.floor("loss"));
        compare_gradients();
        compare_derived();
    }

    void merged() {
        const auto expected = m_case.tensors_under("expected.merged.");
        if (expected.empty()) return;
        m_model->merge();
        for (const auto& [name, tensor] : expected) {
            m_report.compare("merged." + name, parameter(name).value, tensor, m_case.tolerance("merged"),
                             m_case.floor("merged"));
        }
        m_model->unmerge();
    }

    // What the folder's tensors come to; a head counts as trained here.
    void counts() {
        const Json expected = m_case.document.value("counts", Json::object());
        const auto numbers_in = [](const std::vector<Parameter*>& list) {
            std::int64_t sum = 0;
            for (const Parameter* p : list)
                sum += p->value.numel();
            return sum;
        };
        const std::int64_t head = numbers_in(m_adapter.saved_modules), scores = numbers_in(m_adapter.mask_scores);
        const std::int64_t floats = numbers_in(m_adapter.deltas) - scores;
        // A network is replaced by the table that it gives.
        std::int64_t stored = floats;
        for (const auto& [name, value] : m_adapter.derived) {
            if (!name.starts_with("mask.")) stored += value().numel();
        }
        for (const auto& [key, p] : m_adapter.parameters) {
            const bool encodes = m_adapter.derived.count("prompt_table") != 0 && key.find(".prompt.") != key.npos;
            if (encodes || key.find(".reparam.") != key.npos) stored -= p->value.numel();
        }
        const std::map<std::string, double> known = {
            {"trained", floats + scores + head},
            {"stored_for_inference", stored},
            {"shared_floats", floats},
            {"mask_bits", scores},
            {"head", head},
            {"bit_equivalent_floats", floats + static_cast<double>(scores) / 32}};
        for (const auto& [name, value] : expected.items()) {
            const auto own = known.find(name);
            if (own == known.end())
                m_report.fail("counts." + name, "unsupported: there is no such count");
            else
                m_report.check("counts." + name, value.is_number() && value.get<double>() == own->second,
                               Json(own->second).dump() + ", expected " + value.dump());
        }
    }

    // The reference trains in float64. Where the last bits of the first gradients grow from step to step, float32
    // leaves its numbers, as it would anywhere, but stays near them: then the case is trained in float64 too, which
    // decides.
    void train() {
        const Trained own = judged(
            &Trial::trained_here,
            [&](const Trained& trained, double tolerances) { return agrees(trained, tolerances); }, "while training");
        m_report.compare("train_losses", own.losses, m_case.tensor("expected.train_losses"),
                         m_case.tolerance("train_losses"), m_case.floor("train_losses"));
        for (const auto& [name, value] : own.after) {
            m_report.compare("after." + name, value, m_case.tensor("expected.after." + name), m_case.tolerance("after"),
                             m_case.floor("after"));
        }
    }

private:
    static constexpr double near = 100; // tolerances within which a difference may be one of rounding

    // What this trial gives; where that is near the expected but not within tolerance, what it gives in float64.
    template <class Result, class Agrees>
    Result judged(Result (Trial::*run)(), const Agrees& agrees, const char* where) {
        Result result = (this->*run)();
        if (agrees(result, 1) || !agrees(result, near)) return result;
        Trial exact(m_case, m_device, m_report);
        exact.compute_in_double();
        m_report.note(std::string("float32 exceeded the tolerance ") + where + "; judged in float64");
        return (exact.*run)();
    }

    struct Trained {
        at::Tensor losses;
        std::vector<std::pair<std::string, at::Tensor>> after;
    };

    bool agrees(const Trained& own, double tolerances) const {
        const auto close = [&](const at::Tensor& value, const std::string& name, const std::string& measure) {
            return VerifyReport::agrees(value, m_case.tensor(name), tolerances * m_case.tolerance(measure),
                                        m_case.floor(measure));
        };
        return close(own.losses, "expected.train_losses", "train_losses") &&
               std::all_of(own.after.begin(), own.after.end(), [&](const auto& item) {
                   return close(item.second, "expected.after." + item.first, "after");
               });
    }

    void compute_in_double() {
        const c10::NoGradGuard guard;
        for (ParameterStore* store : {&m_model->weights(), &m_model->deltas()}) {
            for (const auto& item : store->all()) {
                if (item->value.is_floating_point()) item->value = item->value.to(at::kDouble);
            }
        }
    }

    Trained trained_here() {
        const Json& settings = m_case.document.at("train");
        const std::string origin = (m_case.folder / "case.json").string();
        if (settings.value("optimizer", "adamw") != "adamw")
            throw input_error(origin, "unsupported: the optimizer " + settings.value("optimizer", ""));
        m_model->train(trained(settings.value("trainable", "all")));
        TrainerOptions options;
        options.adamw.beta1 = settings.at("betas").at(0).get<double>();
        options.adamw.beta2 = settings.at("betas").at(1).get<double>();
        options.adamw.epsilon = settings.value("eps", 1e-8);
        options.adamw.weight_decay = settings.value("weight_decay", 0.0);
        options.learning_rate = settings.at("lr").get<double>();
        options.steps = settings.at("steps").get<std::int64_t>();
        options.schedule = schedule_kind_from(settings.value("schedule", "constant"));
        options.warmup = settings.value("warmup_steps", std::int64_t{0});
        if (settings.contains("clip_norm") && settings.at("clip_norm").is_number())
            options.clip_norm = settings.at("clip_norm").get<double>();
        // The reference hands its optimiser every tensor of the adapter's file: what has several names there is updated
        // as often in a step.
        std::map<const Parameter*, int> names;
        if (!m_adapter.shared_names) {
            for (const auto& [name, p] : m_adapter.parameters)
                ++names[p];
        }
        const auto several = [&](const Parameter* p) { return names.count(p) != 0 && names.at(p) > 1; };
        const auto parameters = m_model->trainable();
        if (options.clip_norm > 0 && std::any_of(parameters.begin(), parameters.end(), several))
            throw input_error(origin, "unsupported: clip_norm with a tensor that has several names");
        Trainer trainer(*m_model, options, names);
        std::vector<at::Tensor> losses;
        for (std::int64_t i = 0; i < options.steps; ++i) {
            const Step step = trainer.step([this] { return m_inputs.batch; });
            losses.push_back(step.loss_sum / step.divisor);
        }
        Trained result{at::stack(losses), {}};
        for (const auto& [name, tensor] : m_case.tensors_under("expected.after."))
            result.after.emplace_back(name, parameter(name).value.detach());
        return result;
    }

    Parameter& parameter(const std::string& name) {
        if (const auto found = m_adapter.parameters.find(name); found != m_adapter.parameters.end())
            return *found->second;
        for (const auto& item : m_model->weights().all()) {
            if (item->name == name || item->file_name == name) return *item;
        }
        // A bare model's names lack the prefix of their family.
        if (Parameter* known = m_model->weights().find(family_of(m_model->config()).canonical(name).name))
            return *known;
        throw input_error((m_case.folder / "io.safetensors").string(), "the model has no parameter named " + name);
    }

    std::vector<Parameter*> trained(const std::string& what) {
        std::vector<Parameter*> list;
        const bool with_head = what == "adapter+head" || what == "bias+head";
        if (what == "all" || what == "bias" || what == "bias+head") {
            for (const auto& item : m_model->weights().all()) {
                if (!item->constant && (what == "all" || item->name.ends_with("bias"))) list.push_back(item.get());
            }
        } else if (what == "adapter" || what == "adapter+head") {
            list = m_adapter.deltas;
        } else {
            throw input_error((m_case.folder / "case.json").string(), "unsupported: train.trainable = " + what);
        }
        if (with_head) {
            const auto head = m_adapter.saved_modules.empty() ? m_model->head().trained() : m_adapter.saved_modules;
            list.insert(list.end(), head.begin(), head.end());
        }
        // Whatever the case has a gradient or a later value of was trained.
        for (const char* group : {"expected.grad.", "expected.after."}) {
            for (const auto& [name, tensor] : m_case.tensors_under(group))
                list.push_back(&parameter(name));
        }
        return list;
    }

    at::Tensor loss() { return m_model->loss(m_model->logits(m_inputs.batch, ForwardState()), m_inputs.batch).mean(); }

    using Gradients = std::vector<std::pair<std::string, at::Tensor>>;

    // Of everything that the case has one of, by its name there.
    Gradients gradients() {
        const auto given = m_case.tensors_under("expected.grad.");
        std::vector<Parameter*> wanted;
        for (const auto& [name, tensor] : given)
            wanted.push_back(&parameter(name));
        m_model->train(wanted);
        if (!wanted.empty() && m_case.has("expected.loss")) loss().backward();
        Gradients list;
        for (const auto& [name, tensor] : given) {
            const at::Tensor own = parameter(name).value.grad();
            list.emplace_back(name, own.defined() ? own : at::zeros_like(tensor));
        }
        for (ParameterStore* store : {&m_model->weights(), &m_model->deltas()}) {
            for (const auto& item : store->all())
                item->value.set_requires_grad(false).mutable_grad() = at::Tensor();
        }
        return list;
    }

    // A tensor that the file holds under several names has its gradient under one of them; the others' are zero. Near
    // a kink of the activation float32 may be on its other side: then float64 decides, as for training.
    void compare_gradients() {
        const auto given = m_case.tensors_under("expected.grad.");
        std::map<Parameter*, at::Tensor> expected;
        for (const auto& [name, tensor] : given) {
            at::Tensor& sum = expected[&parameter(name)];
            if (!sum.defined())
                sum = tensor;
            else if (!at::equal(sum, tensor)) // equal ones are one gradient under two names
                sum = sum + tensor;
        }
        const auto agree = [&](const Gradients& list, double tolerances) {
            return std::all_of(list.begin(), list.end(), [&](const auto& item) {
                return VerifyReport::agrees(item.second, expected.at(&parameter(item.first)),
                                            tolerances * m_case.tolerance("grad"), m_case.floor("grad"));
            });
        };
        const Gradients own = judged(&Trial::gradients, agree, "in the gradients");
        for (const auto& [name, gradient] : own)
            m_report.compare("grad." + name, gradient, expected.at(&parameter(name)), m_case.tolerance("grad"),
                             m_case.floor("grad"));
    }

    // What readers make of the parameters: tables for inference, masks.
    void compare_derived() {
        for (const auto& [name, value] : m_adapter.derived) {
            if (!m_case.has("expected." + name)) continue;
            const bool exact = name.rfind("mask.", 0) == 0;
            m_report.compare(name, value().detach(), m_case.tensor("expected." + name),
                             exact ? 0 : m_case.tolerance("other"), m_case.floor("other"));
        }
    }

    using Places = std::vector<std::pair<std::int64_t, std::int64_t>>;

    void compare_hidden(const std::string& kind, const StackStates& states, const Places& places) {
        for (std::size_t i = 0; m_case.has("expected." + kind + "." + std::to_string(i)); ++i) {
            const std::string name = kind + "." + std::to_string(i);
            if (i >= states.all.size())
                m_report.fail(name, "the backbone has fewer layers");
            else
                compare_rows(name, kind, states.all[i], states, places);
        }
    }

    // Rows of a packed tensor [T', n] against a padded one [B, P+columns, n], where positions are visible and to be
    // compared.
    void compare_rows(const std::string& what, const std::string& kind, const at::Tensor& packed,
                      const StackStates& states, const Places& places) {
        const at::Tensor& expected = m_case.tensor("expected." + what);
        const std::string mask_name = "compare." + kind;
        std::vector<at::Tensor> got, want;
        std::size_t token = 0;
        for (std::int64_t b = 0; b < m_inputs.batch.sequences(); ++b) {
            const auto s = static_cast<std::size_t>(b);
            for (std::int64_t row = states.offsets[s]; row < states.offsets[s + 1]; ++row) {
                const std::int64_t inside = row - states.offsets[s];
                const std::int64_t column = inside < states.prompt ? inside : states.prompt + places[token++].second;
                if (m_case.has(mask_name) && m_case.tensor(mask_name)[b][column].item<std::int64_t>() == 0) continue;
                got.push_back(packed[row].detach());
                want.push_back(expected[b][column]);
            }
        }
        // Both stacks' hidden states share a tolerance.
        const std::string measure = kind.ends_with("hidden") ? "hidden" : kind;
        if (got.empty())
            m_report.fail(what, "no positions are compared");
        else
            m_report.compare(what, at::stack(got), at::stack(want), m_case.tolerance(measure), m_case.floor(measure));
    }

    const ParityCase& m_case;
    VerifyReport& m_report;
    at::Device m_device;
    std::unique_ptr<Model> m_model;
    StoredAdapter m_adapter;
    PackedInputs m_inputs;
};

} // namespace

void verify_parity(const fs::path& folder, const std::string& device, VerifyReport& report) {
    const ParityCase parity = read_parity_case(folder);
    if (parity.has("expected.member_logits")) {
        verify_ensemble(parity, at::Device(device), report);
    } else {
        Trial trial(parity, at::Device(device), report);
        trial.forward();
        trial.merged();
        trial.counts();
        if (parity.document.at("kind") == "train") trial.train();
    }
    for (const std::string& name : parity.unread())
        report.fail(name, "unsupported: Diapason does not compute it");
}

} // namespace diapason
