#include "experiments/engine/runner.h"

#include "core/base/atomic_file.h"
#include "core/base/rng.h"
#include "core/base/sha256.h"
#include "core/base/training_options.h"
#include "core/data/metrics.h"
#include "core/data/order.h"
#include "core/library/library.h"
#include "core/model/stored_adapter.h"
#include "core/train/checkpoint.h"
#include "core/train/schedule.h"
#include "experiments/engine/device.h"
#include "experiments/engine/evaluation.h"
#include "experiments/engine/point_buffer.h"
#include "experiments/engine/run_model.h"
#include "experiments/engine/task_data.h"
#include "methods/catalog/method_info.h"

#include <ATen/ops/stack.h>
#include <c10/core/GradMode.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <new>
#include <optional>
#include <thread>

namespace diapason {
namespace {

constexpr double checkpoint_every_s = 30;

struct Cancelled {};
struct Diverged {
    std::int64_t step;
    double loss;
};

// One run from its first allocation to its last event.
class Run {
public:
    Run(const RunSpec& spec, const RunPlace& place, const EventSink& sink, RunControl& control, FrozenStore* store)
        : m_spec(spec),
          m_place(place),
          m_sink(sink),
          m_control(control),
          m_store(store),
          m_points(sink) {}

    void execute() {
        m_sink(StateChanged{RunState::starting, {}, {}, {}});
        prepare_compute_thread(m_spec.threads);
        set_up();
        const std::string frozen_before = m_model->hash_frozen();
        announce();
        m_sink(StateChanged{RunState::running, {}, {}, {}});
        train();
        // Frozen states serve all runs of a process: a step must not look cheaper in the run that finds them.
        const double aside_s = m_evaluation_s + (m_frozen ? m_frozen->seconds("train") : 0);
        // Prompting has no step whose time could be told.
        const double step_s = m_steps == 0 ? 0 : (m_points.elapsed() - aside_s) / static_cast<double>(m_steps);
        restore_selected();
        const std::vector<MetricValue> metrics = test();
        const bool unchanged = m_model->hash_frozen() == frozen_before;
        if (!unchanged) throw Error(ErrorKind::internal, "frozen weights changed during training");
        const std::int64_t stored_bytes = store_adapter();
        m_points.flush();
        m_sink(Progress{m_steps, m_steps});
        Json summary = {{"metrics", to_json(metrics)},   {"best_step", m_selected_step},
                        {"frozen_unchanged", unchanged}, {"seconds", m_points.elapsed()},
                        {"step_seconds", step_s},        {"adapter_bytes", stored_bytes}};
        if (m_asking && m_asking->dropped()) summary["demonstrations_dropped"] = true;
        m_sink(StateChanged{RunState::finished, {}, {}, std::move(summary)});
    }

    std::int64_t step() const { return m_step; }
    void flush() { m_points.flush(); }

private:
    void set_up() {
        const std::filesystem::path backbone = resolve_backbone(m_spec.backbone);
        std::vector<Problem> problems;
        m_training = OptionValues::from_json(training_options(), m_spec.training_options, "training", problems);
        throw_if_any(problems, "run");
        const MethodInfo& info = method_info(m_spec.method);
        m_options = checked_options(info, m_spec.method_options, "run");
        const bool in_words = answers_in_words(info, m_training.json());
        m_data = shared_task_data(m_spec.task, backbone, m_training.integer("max_tokens"), in_words);
        const Task& task = m_data->task();
        const BackboneConfig config = read_backbone_config(backbone);
        const TaskShape shape = shape_of(task, config, in_words);
        if (const std::string why = info.refusal(config, shape, m_options); !why.empty())
            throw config_error("method", m_spec.method, why);
        m_counts = info.count(config, shape, m_options);
        m_model = build_run_model(m_spec, *m_data);
        std::vector<double> rates;
        for (Parameter* parameter : m_model->trainable()) {
            m_trained.push_back(parameter->value);
            rates.push_back(parameter->rate);
        }
        if (!m_trained.empty()) m_optimiser = std::make_unique<AdamW>(m_trained, adamw_options(), rates);
        m_dropout.seed = stream_seed(m_spec.seed, Stream::dropout);
        m_rate = m_training.real("learning_rate") > 0 ? m_training.real("learning_rate") : info.default_learning_rate;
        m_steps = m_optimiser == nullptr ? 0 : m_training.integer("steps"); // prompting trains nothing
        m_read_every = m_model->device().is_cpu() ? 1 : 16;
        m_normalise_examples = m_training.text("loss_normaliser") == "per_example";
        if (Asking::wanted(m_options, in_words))
            m_asking.emplace(*m_data, *m_model, m_options, m_spec.seed, m_training.integer("max_train_items"));
        if (m_store != nullptr && !m_asking && !m_training.flag("backbone_dropout")) {
            const std::int64_t draws = m_steps * m_training.integer("batch_size") * m_training.integer("accumulation");
            const FrozenPlan plan{train_items(), draws, m_training.integer("max_evaluation_items"), m_spec.threads};
            m_frozen.emplace(*m_model, m_data, *m_store, plan, [this] { heed_control(); });
        }
    }

    std::int64_t train_items() const {
        const auto items = static_cast<std::int64_t>(m_data->split("train").examples.size());
        const std::int64_t limit = m_training.integer("max_train_items");
        return limit > 0 ? std::min(items, limit) : items;
    }

    AdamWOptions adamw_options() const {
        return {m_training.real("beta1"), m_training.real("beta2"), m_training.real("epsilon"),
                m_training.real("weight_decay")};
    }

    void announce() {
        RunBegan began;
        began.total_steps = m_steps;
        for (const Parameter* parameter : m_model->trainable())
            (m_model->in_head(parameter) ? began.head : began.trained) += parameter->value.numel();
        began.stored = m_counts.stored;
        began.stored_bits = m_counts.stored_bits;
        began.environment = engine_facts();
        began.environment["device"] = m_model->device().str();
        began.environment["diapason"] = DIAPASON_VERSION;
        m_sink(began);
        m_points.start();
    }

    // Pausing holds the run between two steps; cancelling ends it there.
    void heed_control() {
        if (m_control.cancel) throw Cancelled{};
        if (!m_control.pause) return;
        m_points.flush();
        m_sink(StateChanged{RunState::paused, {}, {}, {}});
        while (m_control.pause && !m_control.cancel)
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        if (m_control.cancel) throw Cancelled{};
        m_sink(StateChanged{RunState::running, {}, {}, {}});
    }

    void train() {
        m_order.emplace(train_items(), m_training.integer("batch_size"), stream_seed(m_spec.seed, Stream::order));
        const ScheduleKind schedule = schedule_kind_from(m_training.text("schedule"));
        const auto warmup =
            static_cast<std::int64_t>(std::llround(m_training.real("warmup_fraction") * static_cast<double>(m_steps)));
        const std::int64_t every = m_training.integer("evaluate_every");
        const std::int64_t accumulation = m_training.integer("accumulation");
        ForwardState state;
        state.delta_dropout = &m_dropout;
        if (m_training.flag("backbone_dropout")) state.backbone_dropout = &m_dropout;
        if (m_steps == 0) validate();
        auto progress = std::chrono::steady_clock::now();
        for (m_step = 0; m_step < m_steps;) {
            heed_control();
            std::vector<at::Tensor> sums;
            std::int64_t labels = 0, examples = 0, tokens = 0;
            for (std::int64_t micro = 0; micro < accumulation; ++micro) {
                const std::vector<std::int64_t> batch_items = m_order->next();
                std::vector<Sequence> sequences;
                for (const std::int64_t i : batch_items) {
                    const auto item = static_cast<std::size_t>(i);
                    sequences.push_back(m_asking
                                            ? m_asking->training_sequence("train", item)
                                            : m_data->training_sequence("train", item, m_model->prompt_template()));
                }
                const PackedBatch batch = m_model->pack(sequences);
                const at::Tensor rows =
                    m_frozen ? m_frozen->read("train", batch_items, batch, state) : m_model->read(batch, state);
                const LossTerms terms = m_model->loss(m_model->logits_of(rows, state), batch);
                terms.sum.backward();
                m_optimiser->accumulate();
                sums.push_back(terms.sum.detach());
                labels += terms.count;
                examples += batch.sequences();
                tokens += batch.tokens();
            }
            // One normaliser for the whole update, so that accumulation equals one big batch.
            const auto divisor =
                static_cast<double>(std::max<std::int64_t>(1, m_normalise_examples ? examples : labels));
            // Members of an ensemble share nothing that is normalised: each has the gradient that it would have alone.
            m_optimiser->scale_gradients(static_cast<double>(m_model->members()) / divisor);
            const at::Tensor norm = m_optimiser->gradient_norm();
            m_optimiser->clip(m_training.real("clip_norm"), norm);
            // Step k of a warm-up of w uses (k+1)/w: an update with rate 0 would be wasted.
            const double rate = m_rate * schedule_factor(schedule, m_step + (m_step < warmup ? 1 : 0), warmup, m_steps);
            m_optimiser->step(rate);
            ++m_step;
            m_tokens += tokens;
            m_pending.push_back({m_step, rate, divisor, at::stack(sums).sum(), norm});
            if (m_pending.size() >= m_read_every) read_pending();
            const auto now = std::chrono::steady_clock::now();
            if (now - progress > std::chrono::milliseconds(200)) {
                progress = now;
                m_points.add({"system", "", measure::tokens_per_second}, m_step,
                             static_cast<double>(m_tokens) / std::max(1e-9, m_points.elapsed() - m_evaluation_s));
                m_sink(Progress{m_step, m_steps});
            }
            if (m_step == m_steps || (every > 0 && m_step % every == 0)) validate();
        }
    }

    // Reading a value from an accelerator waits for it, so that several updates are read at once there.
    void read_pending() {
        std::vector<at::Tensor> values;
        for (const Update& update : m_pending) {
            values.push_back(update.loss_sum.to(at::kDouble));
            values.push_back(update.norm.to(at::kDouble));
        }
        if (values.empty()) return;
        const at::Tensor read = at::stack(values).to(at::kCPU);
        const double* at = read.const_data_ptr<double>();
        std::vector<Update> updates;
        updates.swap(m_pending);
        for (const Update& update : updates) {
            const double loss = *at++ / update.divisor;
            m_points.add({"train", "", measure::loss}, update.step, loss);
            m_points.add({"train", "", measure::learning_rate}, update.step, update.rate);
            m_points.add({"train", "", measure::gradient_norm}, update.step, *at++);
            if (!std::isfinite(loss)) throw Diverged{update.step, loss};
        }
    }

    EvaluationRequest request(const std::string& split, bool metrics, bool predictions) {
        EvaluationRequest request;
        request.split = split;
        request.max_items = m_training.integer("max_evaluation_items");
        request.metrics = metrics;
        request.predictions = predictions;
        request.asking = m_asking ? &*m_asking : nullptr;
        request.frozen = m_frozen ? &*m_frozen : nullptr;
        request.by_mean = m_options.json().value("ensemble", "vote") == "mean";
        request.stop = [this] { return stopping(); };
        return request;
    }
    bool stopping() { return m_control.cancel; }

    void validate() {
        read_pending();
        const double before = m_points.elapsed();
        const Task& task = m_data->task();
        // Decoding for a metric in mid-training costs more than the training itself: what is written is selected by its
        // loss.
        const bool by_loss = task.kind->written();
        const Evaluation result = evaluate(*m_model, *m_data, request("validation", !by_loss, false));
        if (stopping()) throw Cancelled{};
        m_points.add({"validation", "", measure::loss}, m_step, result.loss);
        for (const auto& [name, value] : result.metrics)
            m_points.add({"validation", "", name}, m_step, value);
        const MeasureInfo judge = measure_info(by_loss ? measure::loss : task.primary_metric);
        const double score = by_loss                                          ? result.loss
                             : result.metrics.count(task.primary_metric) != 0 ? result.metrics.at(task.primary_metric)
                                                                              : std::nan("");
        const bool best = m_training.text("select") == "last" || !m_best || better(judge, score, *m_best);
        if (best) {
            m_best = score;
            m_selected_step = m_step;
            if (m_optimiser) m_selected = m_optimiser->values().clone();
            m_selected_validation = by_loss ? std::nullopt : std::optional(result);
        }
        if (m_optimiser && m_place.keep_checkpoint && !m_place.folder.empty() &&
            m_points.elapsed() - m_checkpoint_s > checkpoint_every_s)
            keep_checkpoint();
        m_evaluation_s += m_points.elapsed() - before;
    }

    // Everything that the next step depends on; short runs are cheaper to repeat than to checkpoint.
    void keep_checkpoint() {
        m_checkpoint_s = m_points.elapsed();
        save_checkpoint(m_place.folder, *m_optimiser,
                        {{"step", m_step},
                         {"epoch", m_order->epoch()},
                         {"cursor", m_order->cursor()},
                         {"dropout_counter", m_dropout.counter},
                         {"tokens", m_tokens},
                         {"selected_step", m_selected_step},
                         {"fingerprint", fingerprint(m_spec)}});
        const auto file = m_place.folder / "checkpoint.safetensors";
        m_sink(ArtifactWritten{"checkpoint", "checkpoint.safetensors", sha256_of_file(file),
                               static_cast<std::int64_t>(std::filesystem::file_size(file)), m_step});
    }

    void restore_selected() {
        const c10::NoGradGuard guard;
        if (m_selected.defined()) const_cast<at::Tensor&>(m_optimiser->values()).copy_(m_selected);
    }

    std::vector<MetricValue> test() {
        std::vector<MetricValue> metrics;
        for (const char* split : {"validation", "test", "ood"}) {
            if (!m_data->has(split)) continue;
            if (m_control.cancel) throw Cancelled{};
            const std::string prefix = split;
            // Generation metrics cost decoding, so training did not compute them; others are known.
            Evaluation result = prefix == "validation" && m_selected_validation
                                    ? *m_selected_validation
                                    : evaluate(*m_model, *m_data, request(split, true, true));
            if (stopping()) throw Cancelled{};
            std::vector<MetricValue> values = {{{prefix, "", measure::loss}, result.loss}};
            for (const auto& [name, value] : result.metrics)
                values.push_back({{prefix, "", name}, value});
            metrics.insert(metrics.end(), values.begin(), values.end());
            if (prefix == "validation") continue; // its points were logged while training
            for (const auto& [name, value] : values)
                m_points.add(name, m_selected_step, value);
            m_points.flush();
            m_sink(Predictions{prefix, "", m_selected_step, std::move(result.predictions)});
        }
        return metrics;
    }

    // What inference needs beside the backbone, and the specification to rebuild it.
    // @return the file's size, 0 when nothing is kept
    std::int64_t store_adapter() {
        if (m_place.folder.empty()) return 0;
        std::filesystem::create_directories(m_place.folder);
        const auto file = m_place.folder / "adapter.safetensors";
        save_adapter(file, *m_model, {{"format", "diapason-adapter"}, {"spec", to_json(m_spec).dump()}});
        remove_checkpoint(m_place.folder);
        const auto bytes = static_cast<std::int64_t>(std::filesystem::file_size(file));
        m_sink(ArtifactWritten{"adapter", "adapter.safetensors", sha256_of_file(file), bytes, m_selected_step});
        return bytes;
    }

    const RunSpec& m_spec;
    const RunPlace& m_place;
    const EventSink& m_sink;
    RunControl& m_control;
    FrozenStore* m_store;
    PointBuffer m_points;
    OptionValues m_training, m_options;
    std::shared_ptr<TaskData> m_data;
    std::unique_ptr<Model> m_model;
    std::unique_ptr<AdamW> m_optimiser;
    std::optional<FrozenStates> m_frozen; ///< absent: every layer is computed at every step
    std::optional<Asking> m_asking;       ///< absent: a head answers, or the task's own templates
    std::optional<BatchOrder> m_order;
    std::vector<at::Tensor> m_trained;
    DropoutStream m_dropout;
    ParameterCounts m_counts;
    double m_rate = 0;
    bool m_normalise_examples = false;
    std::int64_t m_steps = 0, m_step = 0, m_tokens = 0, m_selected_step = 0;
    /// An update whose loss and gradient norm have not been read yet.
    struct Update {
        std::int64_t step;
        double rate, divisor;
        at::Tensor loss_sum, norm;
    };
    std::vector<Update> m_pending;
    std::size_t m_read_every = 1;
    double m_evaluation_s = 0, m_checkpoint_s = 0;
    std::optional<Evaluation> m_selected_validation;
    std::optional<double> m_best;
    at::Tensor m_selected;
};

} // namespace

RunState execute_run(const RunSpec& spec, const RunPlace& place, const EventSink& sink, RunControl& control,
                     FrozenStore* store) {
    Run run(spec, place, sink, control, store);
    const auto end = [&](RunState state, const std::string& message, ErrorKind kind) {
        run.flush();
        sink(StateChanged{state, message, kind, {}});
        return state;
    };
    try {
        run.execute();
        return RunState::finished;
    } catch (const Cancelled&) {
        return end(RunState::cancelled, "stopped at step " + std::to_string(run.step()), ErrorKind::cancelled);
    } catch (const Diverged& diverged) {
        return end(RunState::diverged,
                   "the loss became " + std::string(std::isnan(diverged.loss) ? "NaN" : "infinite") + " at step " +
                       std::to_string(diverged.step),
                   ErrorKind::diverged);
    } catch (const Error& error) {
        return end(RunState::failed, error.what(), error.kind());
    } catch (const std::bad_alloc&) {
        return end(RunState::failed, "not enough memory", ErrorKind::memory);
    } catch (const c10::Error& error) {
        const std::string what = error.what_without_backtrace();
        const bool memory =
            what.find("can't allocate") != std::string::npos || what.find("out of memory") != std::string::npos;
        return end(RunState::failed, memory ? "not enough memory: " + what : what,
                   memory ? ErrorKind::memory : ErrorKind::internal);
    } catch (const std::exception& error) {
        return end(RunState::failed, error.what(), ErrorKind::internal);
    } catch (...) {
        return end(RunState::failed, "an unknown exception", ErrorKind::internal);
    }
}

} // namespace diapason
